using ChatServer.Admin;
using ChatServer.Backplane;
using ChatServer.ServiceDefaults;
using ChatServer.Web;

return await Startup.Run(async () =>
{
    var builder = WebApplication.CreateBuilder(args.ReadingSettingsOnce());
    builder.AddServiceDefaults();
    builder.AddWebConventions();
    builder.AddAdminKeys();
    builder.AddBackplane();
    builder.AddRoomDescriptions();
    builder.AddMachine();
    builder.AddRedisOutage();
    builder.AddApiDocs("ChatServer Admin", Descriptions.Admin);
    builder.LimitBodies(AdminServices.MaxBodyBytes);
    builder.ListenOn(8090, "ADMIN_PORT");

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
