using ChatServer.RoomHost;
using ChatServer.RoomHost.Hosting;
using ChatServer.Settings;
using ChatServer.Web;

return await ServiceRunner.RunAsync(args, ServerSettings.RoomHostPort, () =>
    RoomHostApp.Build(WebApplication.CreateSlimBuilder(args.WithoutConfigurationReload())).RunRoomsAsync());
