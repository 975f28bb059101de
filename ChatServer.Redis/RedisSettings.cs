using System.Globalization;
using System.Net;

namespace ChatServer.Redis;

/// <summary>The settings, read from plain environment variables.</summary>
/// <param name="Port">PORT, 1–65535, default 6379.</param>
/// <param name="Address">BIND, an IP address or <c>localhost</c>. The default is loopback: this server is for development.</param>
/// <param name="DataFolder">REDIS_DATA, a full path; null: everything is in memory and lost when the process ends.</param>
/// <param name="Password">REDIS_PASSWORD, which clients must send; null: clients need none.</param>
internal sealed record RedisSettings(int Port, IPAddress Address, string? DataFolder, string? Password)
{
    private const int DefaultPort = 6379;

    /// <summary>Reads the variables; one that is empty counts as unset.</summary>
    /// <exception cref="SettingException">A value cannot be used.</exception>
    public static RedisSettings Read(Func<string, string?> variable)
    {
        string? Value(string name) => variable(name) is { } text && !string.IsNullOrWhiteSpace(text) ? text.Trim() : null;
        return new RedisSettings(
            ReadPort(Value("PORT")),
            ReadAddress(Value("BIND")),
            Value("REDIS_DATA") is { } folder ? Path.GetFullPath(folder) : null,
            Value("REDIS_PASSWORD"));
    }

    private static int ReadPort(string? text)
    {
        if (text is null)
            return DefaultPort;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is > 0 and <= IPEndPoint.MaxPort)
            return port;
        throw new SettingException($"PORT is '{text}', which is not a port from 1 to 65535.");
    }

    private static IPAddress ReadAddress(string? text) => text switch
    {
        null or "localhost" => IPAddress.Loopback,
        _ when IPAddress.TryParse(text, out var address) => address,
        _ => throw new SettingException($"BIND is '{text}', which is not an IP address."),
    };
}

/// <summary>A setting that cannot work; the message is one line and names the variable.</summary>
internal sealed class SettingException(string message) : Exception(message.ReplaceLineEndings(" "));
