using ChatServer.AppHost.Restarts;
using ChatServer.Settings;
using Projects;

namespace ChatServer.AppHost;

/// <summary>Adds the services and the embedded Redis to the topology.</summary>
internal static class ResourceExtensions
{
    /// <summary>
    /// Adds a service that gets the settings it reads, is healthy while its <c>/health</c> answers 200, and is started again after a crash.
    /// </summary>
    /// <param name="builder">The application.</param>
    /// <param name="name">The name of the resource.</param>
    /// <param name="settings">The values to pass on.</param>
    /// <param name="portSetting">The setting from which the service reads its port; its reader is the service.</param>
    /// <param name="port">The port; null for a free one.</param>
    public static IResourceBuilder<ProjectResource> AddService<TProject>(
        this IDistributedApplicationBuilder builder, string name, AppHostSettings settings, Setting<int> portSetting, int? port = null)
        where TProject : IProjectMetadata, new() => builder.AddProject<TProject>(name)
        // Without the orchestrator's proxy: it would add a hop to every request and hide the client's address.
        .WithHttpEndpoint(port: port ?? settings.FreePort(), env: portSetting.Name, isProxied: false)
        .WithEndpoint("http", endpoint => endpoint.TargetHost = settings.LocalHost)
        .WithHttpHealthCheck("/health")
        // Plain HTTP: without this, the dashboard asks for a trusted development certificate.
        .WithoutHttpsCertificate()
        .WithSettings(settings, portSetting.Readers)
        .WithServiceEnvironment(settings)
        // Otherwise a published service would accept the headers of any client: only those of TRUSTED_PROXIES count.
        .DisableForwardedHeaders()
        // Aspire disables the redaction of queries in development. A query may contain a session or a token, which must not be recorded.
        .WithEnvironment("OTEL_DOTNET_EXPERIMENTAL_ASPNETCORE_DISABLE_URL_QUERY_REDACTION", "false")
        .WithEnvironment("OTEL_DOTNET_EXPERIMENTAL_HTTPCLIENT_DISABLE_URL_QUERY_REDACTION", "false")
        .WithDirectLaunch()
        .WithRestartOnCrash();

    /// <summary>
    /// Adds the Redis for development, with a password generated for each start: without one, any web page open in the developer's browser
    /// could send it commands with an HTTP POST. It is a project and not a container, so that no container runtime is needed.
    /// </summary>
    public static IResourceBuilder<IResourceWithConnectionString> AddEmbeddedRedis(
        this IDistributedApplicationBuilder builder, AppHostSettings settings)
    {
        var generated = new GenerateParameterDefault { MinLength = 32, Special = false };
        var password = builder.AddParameter("redis-password", generated, secret: true);
        var server = builder.AddProject<ChatServer_Redis>("redis-server")
            .WithEndpoint(port: settings.FreePort(), scheme: "tcp", name: "tcp", env: ServerSettings.RedisPort.Name, isProxied: false)
            .WithEnvironment(ServerSettings.RedisPassword.Name, password)
            // It would inherit another address from the environment of the AppHost.
            .WithEnvironment(ServerSettings.RedisBind.Name, ServerSettings.RedisBind.DefaultText)
            .WithSettings(settings, SettingReaders.Redis)
            .WithIconName("Database")
            .WithoutHttpsCertificate()
            .WithDirectLaunch()
            .WithRestartOnCrash();
        password.WithParentRelationship(server);
        var address = server.GetEndpoint("tcp").Property(EndpointProperty.HostAndPort);
        return builder
            .AddConnectionString("redis", ReferenceExpression.Create($"{address},password={password}"))
            .WithParentRelationship(server);
    }

    // Passes on the settings that the process reads: keys as parameters, others if they are set.
    private static IResourceBuilder<ProjectResource> WithSettings(
        this IResourceBuilder<ProjectResource> project, AppHostSettings settings, SettingReaders reader)
    {
        foreach (var setting in ServerSettings.Of(reader).Where(setting => setting.Handover == Handover.Passed))
        {
            if (setting.IsSecret) project.WithEnvironment(setting.Name, settings.Key(setting));
            else if (settings[setting] is { } value) project.WithEnvironment(setting.Name, value);
        }
        return project;
    }

    private static IResourceBuilder<ProjectResource> WithServiceEnvironment(
        this IResourceBuilder<ProjectResource> project, AppHostSettings settings) =>
        settings.ServiceEnvironment is { } environment ? project.WithEnvironment("DOTNET_ENVIRONMENT", environment) : project;

    /// <summary>The addresses on which <paramref name="projects"/> listen, comma-separated.</summary>
    public static ReferenceExpression Urls(this IEnumerable<IResourceBuilder<ProjectResource>> projects)
    {
        var urls = new ReferenceExpressionBuilder();
        foreach (var project in projects)
        {
            if (!urls.IsEmpty) urls.AppendLiteral(",");
            urls.AppendFormatted(project.GetEndpoint("http"));
        }
        return urls.Build();
    }
}
