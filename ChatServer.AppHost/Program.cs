using ChatServer.AppHost;
using ChatServer.AppHost.Dashboard;
using ChatServer.Settings;
using Projects;

var builder = DistributedApplication.CreateBuilder(args);
if (AppHostSettings.Read(builder) is not { } settings) return 1;

var key = settings.Key(ServerSettings.ApiKeys);
var adminKey = settings.Key(ServerSettings.AdminKeys);
var loadBalancerKey = settings.Key(ServerSettings.LoadBalancerKeys);

var redis = settings.UsesEmbeddedRedis ? builder.AddEmbeddedRedis(settings) : builder.AddConnectionString("redis");

// One line adds a RoomHost.
IResourceBuilder<ProjectResource>[] roomHosts =
[
    RoomHost(1),
    RoomHost(2),
];

IResourceBuilder<ProjectResource>[] loadBalancers = [.. settings.LoadBalancerPorts.Select(LoadBalancer)];

var api = builder.AddService<ChatServer_Api>("api", settings, ServerSettings.ApiPort, settings.ApiPort)
    .WithEnvironment(ServerSettings.LoadBalancers.Name, settings.LoadBalancers ?? loadBalancers.Urls())
    .WithReference(redis)
    .WithIconName("PlugConnected")
    .WithUrlForEndpoint("http", url => url.DisplayText = "Chat")
    .WithUrlForEndpoint("http", _ => new() { Url = "/docs", DisplayText = "API docs" });

var admin = builder.AddService<ChatServer_Admin>("admin", settings, ServerSettings.AdminPort, settings.AdminPort)
    .WithEnvironment(ServerSettings.LoadBalancers.Name, settings.LoadBalancers ?? loadBalancers.Urls())
    .WithReference(redis)
    .WithIconName("PersonSettings")
    .WithUrlForEndpoint("http", url => url.DisplayText = "Admin")
    .WithUrlForEndpoint("http", _ => new() { Url = "/docs", DisplayText = "API docs" });

key.WithParentRelationship(api);
adminKey.WithParentRelationship(admin);
if (loadBalancers.Length > 0) loadBalancerKey.WithParentRelationship(loadBalancers[0]);
api.WithCreateRoomCommand(key);
admin.WithAnnounceCommand(adminKey).WithShutdownCommand(adminKey);
foreach (var (index, roomHost) in roomHosts.Index()) roomHost.WithDrainCommands(admin, adminKey, settings.HostIdOf(index + 1));

await builder.Build().RunAndWelcomeAsync(settings);
return 0;

IResourceBuilder<ProjectResource> RoomHost(int number) => builder
    .AddService<ChatServer_RoomHost>($"roomhost-{number}", settings, ServerSettings.RoomHostPort)
    .WithEnvironment(ServerSettings.HostId.Name, settings.HostIdOf(number))
    .WithReference(redis)
    .WithIconName("ChatMultiple")
    .WithUrlForEndpoint("http", url => (url.Url, url.DisplayText) = ("/health", "Health"));

IResourceBuilder<ProjectResource> LoadBalancer(int port, int index) => builder
    .AddService<ChatServer_LoadBalancer>($"loadbalancer-{index + 1}", settings, ServerSettings.LoadBalancerPort, port)
    .WithReference(redis)
    .WithExternalHttpEndpoints()
    .WithIconName("ArrowSplit")
    .WithUrlForEndpoint("http", url => url.DisplayText = "Chat");
