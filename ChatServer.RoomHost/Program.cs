using ChatServer.Backplane;
using ChatServer.RoomHost.Hosting;
using ChatServer.ServiceDefaults;
using ChatServer.Settings;
using ChatServer.Web;

return await ServiceRunner.RunAsync(async () =>
{
    var builder = WebApplication.CreateSlimBuilder(args.WithoutConfigurationReload());
    builder.AddServiceDefaults();
    builder.AddWebConventions();
    builder.AddBackplane();
    builder.AddRooms();
    builder.ListenOn(ServerSettings.RoomHostPort);

    var app = builder.Build();
    app.MapRooms();
    app.UseProblems();
    app.MapDefaultEndpoints();
    await app.RunRoomsAsync();
});
