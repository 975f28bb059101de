using ChatServer.AppHost.Restarts;
using Projects;

namespace ChatServer.AppHost;

/// <summary>What the resources of the topology have in common.</summary>
internal static class ResourceExtensions
{
    /// <summary>
    /// Adds a service that listens on the port in <paramref name="portVariable"/>, is healthy while its <c>/health</c> answers 200, and is
    /// started again after a crash.
    /// </summary>
    /// <param name="builder">The application.</param>
    /// <param name="name">The name of the resource.</param>
    /// <param name="settings">Those of <see cref="AppHostSettings.OfEveryService"/> are passed on.</param>
    /// <param name="portVariable">The variable from which the service reads its port.</param>
    /// <param name="port">The port; null for a free one.</param>
    public static IResourceBuilder<ProjectResource> AddService<TProject>(
        this IDistributedApplicationBuilder builder, string name, AppHostSettings settings, string portVariable, int? port = null)
        where TProject : IProjectMetadata, new() => builder.AddProject<TProject>(name)
        // Without the orchestrator's proxy: it would add a hop to every request and hide the client's address.
        .WithHttpEndpoint(port: port, env: portVariable, isProxied: false)
        .WithEndpoint("http", endpoint => endpoint.TargetHost = settings.LocalHost)
        .WithHttpHealthCheck("/health")
        // Plain HTTP: without this, the dashboard asks for a trusted development certificate.
        .WithoutHttpsCertificate()
        .WithSettings(settings, settings.OfEveryService)
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
            .WithEndpoint(scheme: "tcp", name: "tcp", env: "PORT", isProxied: false)
            .WithEnvironment("REDIS_PASSWORD", password)
            // It would inherit another address from the environment of the AppHost.
            .WithEnvironment("BIND", "127.0.0.1")
            .WithSettings(settings, "REDIS_DATA")
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

    /// <summary>Passes on those of the variables <paramref name="names"/> that are set.</summary>
    public static IResourceBuilder<ProjectResource> WithSettings(
        this IResourceBuilder<ProjectResource> project, AppHostSettings settings, params IEnumerable<string> names)
    {
        foreach (var name in names)
        {
            if (settings[name] is { } value) project.WithEnvironment(name, value);
        }
        return project;
    }

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
