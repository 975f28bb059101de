using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using ChatServer.Contracts;

namespace ChatServer.Settings;

/// <summary>The formats of settings.</summary>
public static class SettingFormats
{
    private const int MaxSeconds = 86_400;

    /// <summary>Any text.</summary>
    public static SettingFormat<string?> Text(string description) => new(description, (string text, out string? value) =>
    {
        value = text;
        return true;
    });

    /// <summary>A count or a rate.</summary>
    public static SettingFormat<int> Number(int min, int max) => new($"a whole number from {min} to {max}", Int(min, max));

    /// <summary>A rate that follows from another setting if it is unset.</summary>
    public static SettingFormat<int?> OptionalNumber(int min, int max) => new(
        Number(min, max).Description, (string text, out int? value) =>
        {
            var valid = Int(min, max)(text, out var number);
            value = number;
            return valid;
        });

    /// <summary>One of some words; upper and lower case are equal.</summary>
    public static SettingFormat<string> OneOf(params string[] words) => new(
        $"one of {string.Join(", ", words)}", (string text, [MaybeNullWhen(false)] out string value) =>
        {
            value = text.ToLowerInvariant();
            return words.Contains(value);
        });

    /// <summary>Whether something is allowed.</summary>
    public static SettingFormat<bool> Flag { get; } = new("true or false", (string text, out bool value) => bool.TryParse(text, out value));

    /// <summary>A size in bytes.</summary>
    public static SettingFormat<int> Bytes(int min, int max) => new($"a number of bytes from {min} to {max}", Int(min, max));

    /// <summary>A duration.</summary>
    public static SettingFormat<TimeSpan> Seconds { get; } = new(
        $"a whole number of seconds from 1 to {MaxSeconds}", (string text, out TimeSpan value) =>
        {
            var valid = Int(1, MaxSeconds)(text, out var seconds);
            value = TimeSpan.FromSeconds(seconds);
            return valid;
        });

    /// <summary>A TCP port; 0 is any free one.</summary>
    public static SettingFormat<int> Port { get; } = new($"a port from 0 to {IPEndPoint.MaxPort}", Int(0, IPEndPoint.MaxPort));

    /// <summary>A TCP port that others must know.</summary>
    public static SettingFormat<int> FixedPort { get; } = new($"a port from 1 to {IPEndPoint.MaxPort}", Int(1, IPEndPoint.MaxPort));

    /// <summary>Ports that others must know.</summary>
    public static SettingFormat<IReadOnlyList<int>> FixedPorts { get; } = List<int>(
        $"ports from 1 to {IPEndPoint.MaxPort}, comma-separated", FixedPort.TryParse);

    /// <summary>First and last port of a range.</summary>
    public static SettingFormat<(int First, int Last)> PortRange { get; } = new(
        "a range of ports such as 34000-65535", (string text, out (int First, int Last) value) =>
        {
            value = default;
            var parts = text.Split('-');
            return parts.Length == 2 && FixedPort.TryParse(parts[0], out value.First) && FixedPort.TryParse(parts[1], out value.Last)
                && value.First <= value.Last;
        });

    /// <summary>An address to which a listener binds.</summary>
    public static SettingFormat<IPAddress> Address { get; } = new(
        "an IP address", (string text, [MaybeNullWhen(false)] out IPAddress value) =>
            IPAddress.TryParse(text == "localhost" ? "127.0.0.1" : text, out value));

    /// <summary>A host name or an IP address.</summary>
    public static SettingFormat<string?> Host { get; } = new("a name or an address", (string text, out string? value) =>
    {
        value = text;
        return Uri.CheckHostName(text) != UriHostNameType.Unknown;
    });

    /// <summary>A host name or an IP address, which a port may follow.</summary>
    public static SettingFormat<string?> HostWithPort { get; } = new(
        "a name or an address, with or without a port", (string text, out string? value) =>
        {
            value = text;
            return IPAddress.TryParse(text, out _)
                || (Uri.TryCreate($"tcp://{text}/", UriKind.Absolute, out var url) && url is { PathAndQuery: "/", UserInfo: "" });
        });

    /// <summary>A base URL, which may have a path.</summary>
    public static SettingFormat<Uri?> Url { get; } = new(
        "a URL such as https://chat.example or https://example.com/chat", (string text, out Uri? value) =>
            TryParseUrl(text, out value) && value is { UserInfo: "", Query: "", Fragment: "" });

    /// <summary>Base URLs.</summary>
    public static SettingFormat<IReadOnlyList<Uri>> Urls { get; } = List<Uri>(
        "URLs such as http://localhost:2000, comma-separated", TryParseUrl);

    /// <summary>Addresses, and networks of addresses.</summary>
    public static SettingFormat<IReadOnlyList<IPNetwork>> Networks { get; } = List<IPNetwork>(
        "addresses or networks such as 10.0.0.0/8, comma-separated", (string text, out IPNetwork value) =>
        {
            if (!IPAddress.TryParse(text, out var address)) return IPNetwork.TryParse(text, out value);
            value = new IPNetwork(address, address.GetAddressBytes().Length * 8);
            return true;
        });

    /// <summary>At least one API key.</summary>
    public static SettingFormat<IReadOnlyList<string>> Keys { get; } = new(
        "a key, or several, comma-separated", (string text, [MaybeNullWhen(false)] out IReadOnlyList<string> value) =>
            (value = Split(text)).Count > 0);

    /// <summary>Web origins. An origin that no browser sends (with a path or the default port) is invalid.</summary>
    public static SettingFormat<string> Origins { get; } = new(
        "* or origins such as https://chat.example, comma-separated", (string text, [MaybeNullWhen(false)] out string value) =>
        {
            value = text;
            return Split(text).All(origin => origin is "*" or "null" || (Uri.TryCreate(origin, UriKind.Absolute, out var url)
                && origin.Equals(url.GetLeftPart(UriPartial.Authority), StringComparison.OrdinalIgnoreCase)));
        });

    /// <summary>Names of users.</summary>
    public static SettingFormat<string> UserNames { get; } = new(
        "names of users, comma-separated", (string text, [MaybeNullWhen(false)] out string value) =>
        {
            value = text;
            return Split(text).All(name => Contracts.UserNames.Normalize(name) is not null);
        });

    /// <summary>The id of a host: the characters of a room name.</summary>
    public static SettingFormat<string?> HostId { get; } = new(
        $"1 to {RoomNames.MaxLength} of the characters A-Z a-z 0-9 . _ ~ -, the first a letter or a digit",
        (string text, out string? value) =>
        {
            value = text;
            return RoomNames.IsValid(text);
        });

    /// <summary>A folder, as a full path. A relative one is relative to the working directory of the process.</summary>
    public static SettingFormat<string?> Folder { get; } = new("a folder", (string text, out string? value) =>
    {
        value = text.Contains('\0', StringComparison.Ordinal) ? null : Path.GetFullPath(text);
        return value is not null;
    });

    /// <summary>A file, as a full path, or a URL. A relative path is relative to the working directory of the process.</summary>
    public static SettingFormat<string?> FileOrUrl { get; } = new(
        "a file, or a URL such as https://id.example/jwks.json", (string text, out string? value) =>
        {
            var isUrl = text.Contains("://", StringComparison.Ordinal);
            value = isUrl ? text : text.Contains('\0', StringComparison.Ordinal) ? null : Path.GetFullPath(text);
            return value is not null && (!isUrl || (TryParseUrl(text, out var url) && url.UserInfo.Length == 0));
        });

    private static bool TryParseUrl(string text, [MaybeNullWhen(false)] out Uri value) =>
        Uri.TryCreate(text, UriKind.Absolute, out value) && (value.Scheme == Uri.UriSchemeHttp || value.Scheme == Uri.UriSchemeHttps);

    private static SettingParser<int> Int(int min, int max) => (string text, out int value) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value) && value >= min && value <= max;

    private static SettingFormat<IReadOnlyList<T>> List<T>(string description, SettingParser<T> parser) => new(
        description, (string text, [MaybeNullWhen(false)] out IReadOnlyList<T> value) =>
        {
            var items = new List<T>();
            value = items;
            foreach (var entry in Split(text))
            {
                if (!parser(entry, out var item)) return false;
                items.Add(item);
            }
            return true;
        });

    private static string[] Split(string text) =>
        text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
}
