using Microsoft.Extensions.Primitives;

namespace ChatServer.RoomHost.Handshakes;

/// <summary>
/// Negotiates permessage-deflate (RFC 7692, section 7.1), without context takeover in both directions: a connection keeps no window, and a
/// frame is compressed once for all members.
/// </summary>
internal static class DeflateOffer
{
    private const string Extension = "permessage-deflate";
    private const string Answer = $"{Extension}; server_no_context_takeover; client_no_context_takeover";

    /// <summary>
    /// The answer to the first acceptable offer in <c>Sec-WebSocket-Extensions</c>; null if there is none. An offer with an unknown,
    /// malformed or repeated parameter is declined, as the RFC requires.
    /// </summary>
    public static string? Accept(StringValues extensions)
    {
        foreach (var line in extensions)
        {
            foreach (var offer in (line ?? "").Split(','))
            {
                if (TryAccept(offer.Split(';', StringSplitOptions.TrimEntries)) is { } answer)
                    return answer;
            }
        }
        return null;
    }

    private static string? TryAccept(string[] offer)
    {
        if (!offer[0].Equals(Extension, StringComparison.OrdinalIgnoreCase))
            return null;
        var answer = Answer;
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var parameter in offer.AsSpan(1))
        {
            var (name, value) = Split(parameter);
            if (!seen.Add(name))
                return null;
            switch (name.ToLowerInvariant())
            {
                case "server_no_context_takeover" or "client_no_context_takeover" when value is null:
                // The inflater reads any window. A requested window is confirmed: some clients fail if the answer leaves it out.
                case "client_max_window_bits" when value is null:
                    break;
                case "client_max_window_bits" when IsWindowBits(value!):
                    answer += $"; client_max_window_bits={value}";
                    break;
                // The compressor's window is the largest. A smaller one is asked for by hardly anyone.
                case "server_max_window_bits" when value is "15":
                    answer += "; server_max_window_bits=15";
                    break;
                default:
                    return null;
            }
        }
        return answer;
    }

    private static (string Name, string? Value) Split(string parameter)
    {
        var equals = parameter.IndexOf('=', StringComparison.Ordinal);
        if (equals < 0)
            return (parameter, null);
        var value = parameter[(equals + 1)..].Trim();
        return (parameter[..equals].Trim(), value is ['"', .. var quoted, '"'] ? quoted : value);
    }

    private static bool IsWindowBits(string value) => value is "8" or "9" or "10" or "11" or "12" or "13" or "14" or "15";
}
