using ChatServer.Admin;
using ChatServer.Admin.Endpoints;
using ChatServer.Admin.Hosting;
using ChatServer.Backplane;
using ChatServer.ServiceDefaults;
using ChatServer.Settings;
using ChatServer.Web;

return await ServiceRunner.RunAsync(async () =>
{
    var builder = WebApplication.CreateBuilder(args.WithoutConfigurationReload());
    builder.AddServiceDefaults();
    builder.AddWebConventions();
    builder.AddAdminKeys();
    builder.AddBackplane();
    builder.AddRoomDescriptions();
    builder.AddMachineStats();
    builder.AddRedisUnavailable();
    builder.AddApiDocs("ChatServer Admin", AdminDescription.Text);
    builder.LimitBodies(AdminServices.MaxBodyBytes);
    builder.ListenOn(ServerSettings.AdminPort);

    var app = builder.Build();
    app.UseProblems();
    app.MapDefaultEndpoints();
    app.MapApiDocs();
    app.MapServer();
    app.MapHosts();
    app.MapRooms();
    app.MapAnnouncements();
    app.MapAdminPage();
    await app.RunAsync();
});
