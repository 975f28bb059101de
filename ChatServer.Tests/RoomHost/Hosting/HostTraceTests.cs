using ChatServer.Backplane;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.RoomHost.Hosting;

/// <summary>A RoomHost carries orders out in the trace of whoever gave them.</summary>
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

        // The creator dies when the room has its record, before a host has opened it: what is left of the creation is in Redis.
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

        // An order from before its first round would be the last shutdown, to be ignored. A round obeys a drain after it has looked for a
        // shutdown.
        await Api.Drain.OrderAsync("host-1");
        await Eventually.Async(() => Api.Hosts.FindAsync("host-1"), seen => seen?.State == HostRecord.Draining);
        using var root = recorder.StartRoot();
        await Api.Shutdown.OrderAsync();
        await host.Process.WaitForExitAsync();

        var span = Assert.Single(receiver.Trace(root.TraceId.ToHexString()));
        Assert.Equal(("host.shutdown", root.SpanId.ToHexString()), (span.Name, span.ParentId));
    }
}
