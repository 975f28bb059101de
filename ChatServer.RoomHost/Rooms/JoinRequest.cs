using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;
using ChatServer.Contracts;
using Microsoft.AspNetCore.Http;

namespace ChatServer.RoomHost.Rooms;

/// <summary>What a handshake asks for, in its query and its offered subprotocols.</summary>
/// <param name="User">The requested name, normalized; null for a guest name.</param>
/// <param name="Session">The client's session, or a new one.</param>
/// <param name="Since">The last event that the client has, if it resumes.</param>
/// <param name="History">Number of latest events to send if it cannot resume.</param>
/// <param name="Token">The join token, not verified; null without one. A secret.</param>
internal sealed record JoinRequest(string? User, string Session, (string Epoch, long Seq)? Since, int History, string? Token = null)
{
    // Begin an offered subprotocol that contains a secret: unlike a URL, proxies do not log it.
    private const string SessionProtocol = "chat.v1.session.", TokenProtocol = "chat.v1.token.";

    /// <summary>Parses the request. The error names the parameter that is wrong and the expected form.</summary>
    /// <param name="query">The query.</param>
    /// <param name="protocols">The offered subprotocols, which take precedence over the query.</param>
    /// <param name="join">The result.</param>
    /// <param name="error">Empty if it is valid.</param>
    public static bool TryParse(IQueryCollection query, IEnumerable<string> protocols, out JoinRequest join, out string error)
    {
        join = null!;
        error = "";
        string? user = null;
        if (query.TryGetValue("user", out var users) && (user = UserNames.Normalize(users[^1])) is null)
            error = $"user is not {UserNames.Rule}.";

        var session = FindSecret(SessionProtocol, protocols, "session", query) ?? RandomNumberGenerator.GetHexString(32, lowercase: true);
        if (session.Length is < Limits.MinSessionLength or > Limits.MaxSessionLength
            || session.Any(c => char.IsControl(c) || char.IsSurrogate(c)))
            error = $"session is not a string of {Limits.MinSessionLength} to {Limits.MaxSessionLength} characters.";

        (string, long)? since = null;
        if (query.TryGetValue("since", out var sinces) && (since = ParseSince(sinces[^1]!)) is null)
            error = "since is not of the form epoch.seq.";

        var history = Limits.DefaultHistory;
        if (query.TryGetValue("history", out var histories))
        {
            // A larger number than an int has the same meaning: everything.
            if (BigInteger.TryParse(histories[^1], NumberStyles.None, CultureInfo.InvariantCulture, out var asked))
                history = (int)BigInteger.Min(asked, int.MaxValue);
            else
                error = "history is not a whole number.";
        }

        join = new JoinRequest(user, session, since, history, FindSecret(TokenProtocol, protocols, "token", query));
        return error.Length == 0;
    }

    /// <summary>The text for a log: without secrets.</summary>
    public override string ToString() => User ?? "guest";

    private static string? FindSecret(string prefix, IEnumerable<string> protocols, string parameter, IQueryCollection query) =>
        protocols.LastOrDefault(protocol => protocol.StartsWith(prefix, StringComparison.Ordinal)) is { } offered ? offered[prefix.Length..]
        : query.TryGetValue(parameter, out var values) ? values[^1]
        : null;

    private static (string, long)? ParseSince(string since)
    {
        var dot = since.LastIndexOf('.');
        return dot > 0 && long.TryParse(since.AsSpan(dot + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var seq)
            ? (since[..dot], seq)
            : null;
    }
}
