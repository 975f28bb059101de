using ChatServer.Redis;

try
{
    var settings = RedisSettings.Read(Environment.GetEnvironmentVariable);
    using var folder = settings.DataFolder is { } path ? DataFolder.Open(path) : null;
    using var server = EmbeddedServer.Start(settings);
    server.WaitForStop();
    return 0;
}
catch (SettingException mistake)
{
    Console.Error.WriteLine(mistake.Message);
    return 1;
}
