using System.Text;
using ChatServer.Backplane.Rooms;
using ChatServer.Contracts;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.Api;

/// <summary>An Api, its Redis and a simulated RoomHost.</summary>
public sealed class ApiCluster : ServiceCluster
{
    public const string Key = "first-key";
    public const string OtherKey = "second-key";

    public ServiceProcess Api { get; private set; } = null!;

    protected override async Task StartAsync() => Api = await StartApiAsync();

    /// <summary>Starts another Api.</summary>
    public async Task<ServiceProcess> StartApiAsync(params (string Name, string? Value)[] settings) =>
        Own(await ServiceProcess.StartAsync(
            "ChatServer.Api", "PORT", [("KEY", $"{Key},{OtherKey}"), ("ConnectionStrings__redis", Redis.ConnectionString), .. settings]));

    /// <summary>Creates a room through the Api and returns its record from the directory.</summary>
    public async Task<RoomRecord> CreateAsync(string name, string? options = null)
    {
        using var response = await Api.SendAsync(HttpMethod.Post, $"/api/v1/room/{name}", Key, options);
        response.EnsureSuccessStatusCode();
        return (await Backplane.Rooms.FindAsync(name))!;
    }

    /// <summary>Appends events to the room's log, as its host does, numbered from 1.</summary>
    public async Task LogAsync(RoomRecord room, params string[] texts)
    {
        var entries = texts.Select((text, i) => (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(
            $$"""{{LogEntry.EmptyKey}}{"type":"message","seq":{{i + 1}},"text":"{{text}}"}"""));
        var result = await Host.Process.Log.AppendAsync(
            room.Name, room.Term, 0, room.Options.History, texts.Length, room.Announced, entries.ToArray());
        Assert.Equal(AppendResult.Appended, result);
    }
}
