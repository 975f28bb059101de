using ChatServer.RoomHost;
using ChatServer.RoomHost.Hosting;
using ChatServer.Web;

return await ServiceRunner.RunAsync(() =>
    RoomHostApp.Build(WebApplication.CreateSlimBuilder(args.WithoutConfigurationReload())).RunRoomsAsync());
