using ChatServer.Contracts;
using ChatServer.Metrics;
using ChatServer.RoomHost;
using ChatServer.RoomHost.Hosting;
using ChatServer.RoomHost.Rooms;
using ChatServer.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace ChatServer.Tests.RoomHost.Hosting;

/// <summary>An exception in a room's turn, in a RoomHost that runs in this process.</summary>
public sealed class RoomFaultTests : HostCluster
{
    [Fact]
    public async Task Fault_closes_the_room_with_1011_and_reopens_it_from_its_log()
    {
        var host = await StartHostHereAsync();
        var record = await CreateAsync("broken");
        var ann = await JoinAsync(record.Port, "user=ann&session=session-of-ann-1");
        await ann.SayAsync("before");

        var faults = RoomMetrics.Faults.Total;
        RoomOf(host, "broken").Post(() => throw new InvalidOperationException("injected by the test"));

        await ClosedAsync(ann, CloseCodes.InternalError, "internal-error", reconnect: true);
        var again = await RejoinAsync("broken", $"user=ann&session=session-of-ann-1&since={ann.Since}");
        Assert.True(again.Welcome.Json.GetProperty("resumed").GetBoolean());
        Assert.Equal("ann", again.User);
        Assert.Equal(2, (await again.SayAsync("after", id: "after")).Seq);
        Assert.InRange(RoomMetrics.Faults.Total, faults + 1, long.MaxValue); // other tests in this process cause faults too
    }

    [Fact]
    public async Task Fault_in_one_room_does_not_affect_another()
    {
        var host = await StartHostHereAsync();
        var broken = await CreateAsync("broken");
        var calm = await CreateAsync("calm");
        var ann = await JoinAsync(broken.Port, "user=ann");
        var ben = await JoinAsync(calm.Port, "user=ben");
        await ben.SayAsync("one");

        RoomOf(host, "broken").Post(() => throw new InvalidOperationException("injected by the test"));

        await ann.ClosedAsync();
        Assert.Equal(2, (await ben.SayAsync("two")).Seq);
        Assert.False(ben.HasEnded);
    }

    [Fact]
    public async Task Memory_room_gets_a_new_epoch_after_a_fault()
    {
        var host = await StartHostHereAsync();
        var record = await CreateAsync("memory", new RoomOptions { Durability = Durability.Memory });
        var ann = await JoinAsync(record.Port, "user=ann&session=session-of-ann-1");
        await ann.SayAsync("before");

        RoomOf(host, "memory").Post(() => throw new InvalidOperationException("injected by the test"));

        await ann.ClosedAsync();
        var again = await RejoinAsync("memory", $"user=ann&session=session-of-ann-1&since={ann.Since}");
        Assert.False(again.Welcome.Json.GetProperty("resumed").GetBoolean());
        Assert.NotEqual(ann.Welcome["epoch"], again.Welcome["epoch"]);
        Assert.Equal(1, (await again.SayAsync("after")).Seq);
    }

    private async Task<Host> StartHostHereAsync()
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { EnvironmentName = "Production" });
        builder.Configuration.AddInMemoryCollection(Settings("host-1")
            .Select(setting => KeyValuePair.Create(setting.Name.Replace("__", ":", StringComparison.Ordinal), setting.Value)));
        builder.Configuration.AddInMemoryCollection([new("PORT", "0")]);
        var app = Own(RoomHostApp.Build(builder));
        await app.StartAsync(Cancelled);
        return new Host(app.Services.GetRequiredService<RoomSlots>());
    }

    private static Room RoomOf(Host host, string name) => host.Slots.Find(name)!.Room!;

    private sealed record Host(RoomSlots Slots);
}
