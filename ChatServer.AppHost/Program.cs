using ChatServer.AppHost;
using Projects;

var builder = DistributedApplication.CreateBuilder(args);
var settings = Settings.Read(builder);

var key = builder.AddParameterFromConfiguration("key", "KEY", secret: true);
var adminKey = builder.AddParameterFromConfiguration("admin-key", "ADMIN_KEY", secret: true);
var loadBalancerKey = builder.AddParameterFromConfiguration("loadbalancer-key", "LOADBALANCER_KEY", secret: true);

var redis = builder.AddConnectionString("redis", settings.Redis ?? EmbeddedRedis());

var roomHosts = Settings.RoomHostNumbers.Select(number => builder.AddProject<ChatServer_RoomHost>($"roomhost-{number}")
    .WithHttpEndpoint(env: "PORT")
    .WithHttpHealthCheck("/health")
    .WithEnvironment("HOST_ID", $"{settings["HOST_ID"]}-{number}")
    .With(settings, Settings.OfEveryService, Settings.OfRoomHosts)
    .WithReference(redis).WaitFor(redis)).ToArray();

var loadBalancers = settings.LoadBalancerPorts.Select((port, index) => builder.AddProject<ChatServer_LoadBalancer>($"loadbalancer-{index + 1}")
    .WithHttpEndpoint(port: port, env: "PORT", isProxied: false)
    .WithHttpHealthCheck("/health")
    .WithEnvironment("LOADBALANCER_KEY", loadBalancerKey)
    .With(settings, Settings.OfEveryService)
    .WithReference(redis).WaitFor(redis)).ToArray();

var api = builder.AddProject<ChatServer_Api>("api")
    .WithHttpEndpoint(port: settings.ApiPort, env: "PORT", isProxied: false)
    .WithHttpHealthCheck("/health")
    .WithEnvironment("KEY", key)
    .WithEnvironment("LOADBALANCER_KEY", loadBalancerKey)
    .WithEnvironment("LOADBALANCERS", settings.LoadBalancers ?? loadBalancers.Urls())
    .With(settings, Settings.OfEveryService, ["HOST"])
    .WithReference(redis).WaitForAll(roomHosts).WaitForAll(loadBalancers);

var admin = builder.AddProject<ChatServer_Admin>("admin")
    .WithHttpEndpoint(port: settings.AdminPort, env: "ADMIN_PORT", isProxied: false)
    .WithHttpHealthCheck("/health")
    .WithEnvironment("ADMIN_KEY", adminKey)
    .WithEnvironment("LOADBALANCERS", settings.LoadBalancers ?? loadBalancers.Urls())
    .With(settings, Settings.OfEveryService)
    .WithReference(redis).WaitFor(redis);

await builder.Build().RunAndWelcomeAsync(settings, [api, admin, .. roomHosts, .. loadBalancers]);

// Without a container runtime there is no AddRedis: ours is a project like the others.
ReferenceExpression EmbeddedRedis()
{
    var server = builder.AddProject<ChatServer_Redis>("redis-server")
        .WithEndpoint(scheme: "tcp", name: "tcp", env: "PORT")
        .With(settings, ["REDIS_DATA"]);
    return ReferenceExpression.Create($"{server.GetEndpoint("tcp").Property(EndpointProperty.HostAndPort)}");
}
