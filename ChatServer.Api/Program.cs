using ChatServer.Api;
using ChatServer.Backplane;
using ChatServer.Contracts;
using ChatServer.ServiceDefaults;
using ChatServer.Web;

return await Startup.Run(async () =>
{
    var builder = WebApplication.CreateBuilder(args.ReadingSettingsOnce());
    builder.AddServiceDefaults();
    builder.AddWebConventions();
    builder.AddApiKeys();
    builder.AddBackplane();
    builder.AddLoadBalancers();
    builder.AddShutdownWatch();
    builder.AddAvailability();
    builder.AddApiDocs("ChatServer", Descriptions.Api);
    builder.LimitBodies(Limits.MaxFrameBytes);
    builder.ListenOn(80);

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
