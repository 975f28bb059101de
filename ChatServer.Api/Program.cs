using ChatServer.Api;
using ChatServer.Api.Endpoints;
using ChatServer.Api.Hosting;
using ChatServer.Backplane;
using ChatServer.Contracts;
using ChatServer.ServiceDefaults;
using ChatServer.Settings;
using ChatServer.Web;

return await ServiceRunner.RunAsync(async () =>
{
    var builder = WebApplication.CreateBuilder(args.WithoutConfigurationReload());
    builder.AddServiceDefaults();
    builder.AddWebConventions();
    builder.AddApiKeys();
    builder.AddBackplane();
    builder.AddLoadBalancers();
    builder.AddShutdownWatch();
    builder.AddReadinessChecks();
    builder.AddApiDocs("ChatServer", ApiDescription.Text);
    builder.LimitBodies(Limits.MaxFrameBytes);
    builder.ListenOn(ServerSettings.ApiPort);

    var app = builder.Build();
    app.UseProblems();
    app.MapDefaultEndpoints();
    app.MapApiDocs();
    app.MapRoot();
    app.MapRooms();
    app.MapMessages();
    app.MapChatApp();
    await app.RunAsync();
});
