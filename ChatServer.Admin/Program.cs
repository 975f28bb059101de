using ChatServer.Admin;
using ChatServer.Admin.Endpoints;
using ChatServer.Admin.Hosting;
using ChatServer.Backplane;
using ChatServer.ServiceDefaults;
using ChatServer.Settings;
using ChatServer.Web;

return await ServiceRunner.RunAsync(args, ServerSettings.AdminPort, async () =>
{
    var builder = WebApplication.CreateBuilder(args.WithoutConfigurationReload());
    builder.AddServiceDefaults();
    builder.AddWebConventions();
    builder.AddAdminKeys();
    builder.AddBackplane();
    builder.AddAudit();
    builder.AddRequestRates();
    builder.AddRoomDescriptions();
    builder.AddMachineStats();
    builder.AddRedisUnavailable();
    builder.AddApiDocs("ChatServer Admin", AdminDescription.Text);
    builder.LimitBodies(AdminServices.MaxBodyBytes);
    builder.ListenOn(ServerSettings.AdminPort);

    var app = builder.Build();
    app.UseTrustedProxies();
    app.UseProblems();
    app.UseRequestRates();
    app.UseKnownHosts(new KnownHosts(app.Configuration, app.Configuration.Read(ServerSettings.LoadBalancers).Select(url => url.Host)));
    app.UseHeadRequests();
    app.UseJsonBodies();
    app.MapDefaultEndpoints();
    app.MapApiDocs();
    app.MapServer();
    app.MapHosts();
    app.MapRooms();
    app.MapAnnouncements();
    app.MapAudit();
    app.MapModeration();
    app.MapOperatorTokens();
    app.MapAdminPage();
    await app.RunAsync();
});
