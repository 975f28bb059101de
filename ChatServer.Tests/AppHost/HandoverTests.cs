using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using ChatServer.Settings;
using ChatServer.Tests.Support;
using Projects;

namespace ChatServer.Tests.AppHost;

/// <summary>The environment that the AppHost gives to each process, from its application model. No process is started.</summary>
[Collection(AppHostCollection.Name)]
public sealed class HandoverTests
{
    private static readonly Dictionary<string, SettingReaders> Processes = new()
    {
        ["api"] = SettingReaders.Api,
        ["admin"] = SettingReaders.Admin,
        ["roomhost-1"] = SettingReaders.RoomHost,
        ["roomhost-2"] = SettingReaders.RoomHost,
        ["loadbalancer-1"] = SettingReaders.LoadBalancer,
        ["loadbalancer-2"] = SettingReaders.LoadBalancer,
        ["redis-server"] = SettingReaders.Redis,
    };

    // A value for each setting that is passed unchanged, different from every default.
    private static readonly Dictionary<string, string> Values = new()
    {
        ["BIND"] = "127.0.0.2",
        ["PUBLIC_URL"] = "https://chat.example/app",
        ["METRICS_ENDPOINT"] = "true",
        ["KEY"] = "a-key",
        ["LOADBALANCER_KEY"] = "another-key",
        ["ADMIN_KEY"] = "a-third-key",
        ["TOKEN_JWKS"] = "https://id.example/jwks.json",
        ["TOKEN_ISSUER"] = "https://id.example/",
        ["TOKEN_AUDIENCE"] = "chat",
        ["HOST"] = "chat.example",
        ["ROOM_PORTS"] = "40000-40001",
        ["MAX_ROOMS"] = "7",
        ["ALLOWED_ORIGINS"] = "https://chat.example",
        ["RESERVED_NAMES"] = "root",
        ["TRUSTED_PROXIES"] = "10.0.0.0/8",
        ["API_NETWORKS"] = "10.0.0.0/16",
        ["MESSAGES_PER_SECOND"] = "1",
        ["MESSAGE_BURST"] = "2",
        ["CONNECTIONS_PER_SECOND"] = "3",
        ["REBALANCE"] = "slow",
        ["PARALLEL_MOVES"] = "8",
        ["BYTES_PER_SECOND"] = "13",
        ["ROOM_MESSAGES_PER_SECOND"] = "14",
        ["SESSION_CONNECTIONS_PER_SECOND"] = "15",
        ["MEMBERS_PER_ADDRESS"] = "16",
        ["CONNECTIONS_PER_UID"] = "17",
        ["CONNECTIONS_PER_SESSION"] = "18",
        ["ROOMS_PER_KEY"] = "19",
        ["OPEN_ROOMS"] = "true",
        ["REQUESTS_PER_SECOND"] = "11",
        ["KEY_REQUESTS_PER_SECOND"] = "12",
        ["AUDIT_ENTRIES"] = "8000",
        ["AUDIT_DAYS"] = "9",
        ["MAX_FRAME_BYTES"] = "2048",
        ["MAX_TEXT_LENGTH"] = "99",
        ["HANDSHAKE_SECONDS"] = "4",
        ["PING_SECONDS"] = "5",
        ["SILENCE_SECONDS"] = "6",
        ["KEEP_ALIVE_SECONDS"] = "7",
        ["ROOM_BUFFER_BYTES"] = "262144",
        ["REDIS_DATA"] = "/tmp/chat",
    };

    [Fact]
    public async Task Every_setting_reaches_the_processes_that_read_it_and_no_other()
    {
        Assert.Equal(
            Values.Keys.Order(StringComparer.Ordinal),
            ServerSettings.All.Where(setting => setting.Handover == Handover.Passed && setting.Readers != SettingReaders.AppHost)
                .Select(setting => setting.Name).Distinct().Order(StringComparer.Ordinal));
        await using var appHost = await DistributedApplicationTestingBuilder.CreateAsync<ChatServer_AppHost>(
        [
            .. Values.Select(value => $"--{value.Key}={value.Value}"), $"--PORT={FreePort.Next()}", $"--ADMIN_PORT={FreePort.Next()}",
            $"--LOADBALANCER_PORTS={FreePort.Next()},{FreePort.Next()}",
        ]);
        var projects = appHost.Resources.OfType<ProjectResource>().ToList();
        Assert.Equal(Processes.Keys.Order(StringComparer.Ordinal), projects.Select(project => project.Name).Order(StringComparer.Ordinal));

        foreach (var project in projects)
        {
            var environment = await EnvironmentOf(project, appHost.ExecutionContext);
            var read = ServerSettings.Of(Processes[project.Name]).ToList();
            Assert.All(
                read.Where(setting => setting.Handover == Handover.Passed),
                setting => Assert.Equal(Values[setting.Name], environment.GetValueOrDefault(setting.Name)));
            Assert.All(
                read.Where(setting => setting.Handover == Handover.Assigned), setting => Assert.Contains(setting.Name, environment.Keys));
            Assert.All(
                ServerSettings.All.Where(setting => setting.Handover != Handover.Inherited).Select(setting => setting.Name)
                    .Except(read.Select(setting => setting.Name)),
                name => Assert.DoesNotContain(name, environment.Keys));
        }
    }

    // A parameter has its value; what other resources determine at their start has none yet.
    private static async Task<Dictionary<string, string?>> EnvironmentOf(
        ProjectResource project, DistributedApplicationExecutionContext execution)
    {
        var context = new EnvironmentCallbackContext(execution, project, cancellationToken: TestContext.Current.CancellationToken);
        foreach (var annotation in project.Annotations.OfType<EnvironmentCallbackAnnotation>()) await annotation.Callback(context);
        var values = new Dictionary<string, string?>();
        foreach (var (name, value) in context.EnvironmentVariables)
        {
            values[name] = value is ParameterResource { Default: null } parameter
                ? await parameter.GetValueAsync(TestContext.Current.CancellationToken)
                : value as string;
        }
        return values;
    }
}
