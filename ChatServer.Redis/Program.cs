using ChatServer.Redis;
using ChatServer.Settings;

try
{
    var settings = RedisSettings.Read(Environment.GetEnvironmentVariable);
    using var folder = settings.DataFolder is { } path ? DataFolder.Open(path) : null;
    using var server = EmbeddedServer.Start(settings);
    server.WaitForStop();
    return 0;
}
catch (StartupException error)
{
    Console.Error.WriteLine(error.Message);
    return 1;
}
