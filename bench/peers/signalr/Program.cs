// A room on several ASP.NET Core processes: SignalR with its Redis backplane. Arguments: the port, and the port of Redis.
using System.Globalization;
using Microsoft.AspNetCore.SignalR;

var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
builder.WebHost.UseKestrelCore().ConfigureKestrel(
    kestrel => kestrel.ListenLocalhost(int.Parse(args[0], CultureInfo.InvariantCulture)));
builder.Services.AddRoutingCore();
builder.Services
    // Members that only listen send nothing, not even the pings of a client.
    .AddSignalR(hub => hub.ClientTimeoutInterval = TimeSpan.FromHours(1))
    .AddStackExchangeRedis($"127.0.0.1:{args[1]}");

var app = builder.Build();
app.UseRouting();
app.MapHub<Room>("/room");
app.Run();

internal sealed class Room : Hub
{
    private const string Name = "room";

    public override async Task OnConnectedAsync()
    {
        await Groups.AddToGroupAsync(Context.ConnectionId, Name);
        // The handshake is answered before the member is in the group.
        await Clients.Caller.SendAsync("joined");
    }

    public Task Say(string text) => Clients.Group(Name).SendAsync("message", text);
}
