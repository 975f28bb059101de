using System.Net;
using ChatServer.Settings;

namespace ChatServer.Redis;

/// <summary>The settings of the embedded Redis.</summary>
/// <param name="Port"><c>PORT</c>, 1–65535.</param>
/// <param name="Address"><c>BIND</c>. The default is loopback: this server is for development.</param>
/// <param name="DataFolder"><c>REDIS_DATA</c>, a full path; null: all data is in memory and is lost when the process ends.</param>
/// <param name="Password"><c>REDIS_PASSWORD</c>, which clients must send; null: clients need none.</param>
internal sealed record RedisSettings(int Port, IPAddress Address, string? DataFolder, string? Password)
{
    /// <summary>Reads and checks the settings.</summary>
    /// <param name="variable">Returns the value of an environment variable, or null.</param>
    /// <exception cref="StartupException">A setting is invalid.</exception>
    public static RedisSettings Read(Func<string, string?> variable) => new(
        ServerSettings.RedisPort.Read(variable),
        ServerSettings.RedisBind.Read(variable),
        ServerSettings.RedisData.Read(variable),
        ServerSettings.RedisPassword.Read(variable));
}
