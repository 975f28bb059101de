using ChatServer.Api;
using ChatServer.Api.Endpoints;
using ChatServer.Api.Hosting;
using ChatServer.Backplane;
using ChatServer.Contracts;
using ChatServer.ServiceDefaults;
using ChatServer.Settings;
using ChatServer.Web;

return await ServiceRunner.RunAsync(args, ServerSettings.ApiPort, async () =>
{
    var builder = WebApplication.CreateBuilder(args.WithoutConfigurationReload());
    builder.AddServiceDefaults();
    builder.AddWebConventions();
    builder.AddApiKeys();
    builder.AddBackplane();
    builder.AddAudit();
    builder.AddRequestRates();
    builder.AddOpenRooms();
    builder.AddKeyRooms();
    builder.AddLoadBalancers();
    builder.AddShutdownWatch();
    builder.AddReadinessChecks();
    builder.AddApiDocs("ChatServer", ApiDescription.Text, acceptsTokens: true);
    builder.AddHistoryEvents();
    builder.LimitBodies(Limits.MaxFrameBytes);
    builder.ListenOn(ServerSettings.ApiPort);

    var app = builder.Build();
    app.UseTrustedProxies();
    app.UseProblems();
    app.UseRequestRates();
    app.UseKnownHosts(new KnownHosts(app.Configuration, app.Services.GetRequiredService<LoadBalancerSettings>().Names));
    app.UseNotFoundPage();
    app.UseHeadRequests();
    app.UseJsonBodies();
    app.MapDefaultEndpoints();
    app.MapApiDocs();
    app.MapRoot();
    app.MapRooms();
    app.MapTokens();
    app.MapMessages();
    app.MapUsers();
    app.MapChatApp();
    await app.RunAsync();
});
