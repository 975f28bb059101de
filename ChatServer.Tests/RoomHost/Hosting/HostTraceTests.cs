using ChatServer.Backplane.Connections;
using ChatServer.Backplane.Hosts;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.RoomHost.Hosting;

/// <summary>A RoomHost carries out an order in the trace of the order.</summary>
public sealed class HostTraceTests : HostCluster
{
    [Fact]
    public async Task A_host_that_missed_the_nudge_opens_the_room_in_the_trace_of_its_creation()
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        using var recorder = new SpanRecorder("ChatServer.Backplane");
        var absent = await FakeHostAsync("host-1");
        absent.Silent = true;
        var creator = new BackplaneProcess(ConnectionString);

        // The creator crashes after it has created the record, so the host can find the trace only in Redis.
        using var root = recorder.StartRoot();
        var creation = creator.Placement.CreateAsync("lobby", Defaults, Cancelled);
        await Eventually.Async(() => Api.Ownership.WantedAsync("host-1"), rooms => rooms.Contains("lobby"));
        await creator.DisposeAsync();
        await Assert.ThrowsAsync<BackplaneUnavailableException>(() => creation);
        await absent.BeLongDeadAsync();
        await StartHostAsync("host-1", receiver.SettingsOf("ChatServer.RoomHost"));

        var trace = await receiver.TraceAsync(root.TraceId.ToHexString(), spans => spans.Any(span => span.Name == "room.open"));
        var place = Assert.Single(recorder.Ended, span => span.TraceId == root.TraceId && span.OperationName == "room.place");
        Assert.Equal(place.SpanId.ToHexString(), Assert.Single(trace, span => span.Name == "room.open").ParentId);
    }

    [Fact]
    public async Task Room_moved_by_a_drain_is_opened_in_the_trace_of_the_drain()
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        using var recorder = new SpanRecorder("ChatServer.Backplane");
        await StartHostAsync("host-1", receiver.SettingsOf("ChatServer.RoomHost"));
        await CreateAsync("lobby");
        await StartHostAsync("host-2", receiver.SettingsOf("ChatServer.RoomHost"));

        using var root = recorder.StartRoot();
        Assert.True(await Api.Drain.OrderAsync("host-1"));

        var trace = await receiver.TraceAsync(
            root.TraceId.ToHexString(),
            spans => spans.Any(span => span.Name == "room.open") && spans.Any(span => span.Name == "host.drain"));
        var place = Assert.Single(trace, span => span.Name == "room.place");
        Assert.Equal(Assert.Single(trace, span => span.Name == "host.drain").SpanId, place.ParentId);
        Assert.Equal(place.SpanId, Assert.Single(trace, span => span.Name == "room.open").ParentId);
    }

    [Fact]
    public async Task A_host_shuts_down_in_the_trace_of_the_order()
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        using var recorder = new SpanRecorder("ChatServer.Backplane");
        var host = await StartHostAsync("host-1", receiver.SettingsOf("ChatServer.RoomHost"));

        // A host ignores a shutdown order that it finds in its first round. A round applies a drain order after it has read the shutdown
        // order.
        await Api.Drain.OrderAsync("host-1");
        await Eventually.Async(() => Api.Hosts.FindAsync("host-1"), seen => seen?.State == HostRecord.Draining);
        using var root = recorder.StartRoot();
        await Api.Shutdown.OrderAsync();
        await host.Process.WaitForExitAsync();

        var span = Assert.Single(receiver.Trace(root.TraceId.ToHexString()));
        Assert.Equal(("host.shutdown", root.SpanId.ToHexString()), (span.Name, span.ParentId));
    }
}
