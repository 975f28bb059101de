using System.Net;
using ChatServer.Contracts;
using ChatServer.Tests.RoomHost.Hosting;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.Metrics;

/// <summary>What processes with <c>METRICS_ENDPOINT</c> answer to Prometheus.</summary>
public sealed class MetricsEndpointTests : HostCluster
{
    [Fact]
    public async Task Scrape_of_a_RoomHost_and_a_load_balancer_states_what_happened_in_a_room()
    {
        using var host = new HttpClient { BaseAddress = (await StartHostAsync("host-1", ("METRICS_ENDPOINT", "true"))).Http.BaseAddress };
        var balancer = Own(await ServiceProcess.StartAsync(
            "ChatServer.LoadBalancer", "PORT", ("ConnectionStrings__redis", ConnectionString), ("BIND", "127.0.0.1"),
            ("LOADBALANCER_KEY", "a-key"), ("METRICS_ENDPOINT", "true")));
        var start = await Scrape.OfAsync(host); // the JIT warm-up is counted
        var lobby = await CreateAsync("lobby");
        var ann = await JoinAsync(lobby.Port, "user=ann&session=session-of-ann-1");
        var ben = Own(await RoomClient.JoinAsync(new Uri($"ws://127.0.0.1:{balancer.Http.BaseAddress!.Port}/rooms/lobby?user=ben")));

        await ann.SayAsync("one", id: "1");
        await ann.SayAsync("one", id: "1");
        await ann.SendTextAsync("""{"type":"message","id":"2","text":""}""");
        await ann.NextAsync("error");
        await ben.NextAsync("message");
        var again = await JoinAsync(lobby.Port, $"user=ann&session=session-of-ann-1&since={ann.Since}");
        Assert.Equal(CloseCodes.Replaced, (await ann.ClosedAsync()).Code);

        // An answer may be 0.3 s old, and the JIT warm-up replaces a connection too.
        double Replaced(Scrape scrape) => scrape.Sum("chatserver_connection_closed_total", "code=\"4009\"");
        var rooms = await Eventually.Async(() => Scrape.OfAsync(host), scrape => Replaced(scrape) > Replaced(start));
        double Count(string name, params string[] labels) => rooms.Sum(name, labels) - start.Sum(name, labels);
        Assert.Equal(1, rooms.Sum("chatserver_rooms"));
        Assert.Equal(2, rooms.Sum("chatserver_members"));
        Assert.Equal(2, rooms.Sum("chatserver_room_members", "room=\"lobby\""));
        Assert.Equal(1, rooms.Sum("chatserver_room_messages_total", "room=\"lobby\""));
        Assert.Equal(1, Count("chatserver_message_logged_total"));
        Assert.Equal(2, Count("chatserver_message_received_total"));
        Assert.Equal(1, Count("chatserver_message_duplicates_total"));
        Assert.Equal(1, Count("chatserver_message_refused_total", "reason=\"invalid-message\""));
        Assert.Equal(1, Count("chatserver_append_duration_seconds_count"));
        Assert.Equal(1, Count("chatserver_echo_duration_seconds_count"));
        Assert.Equal(2, Count("chatserver_join_accepted_total", "resumed=\"false\""));
        Assert.Equal(1, Count("chatserver_join_accepted_total", "resumed=\"true\""));
        Assert.Equal(1, rooms.Sum("chatserver_connection_active"));
        Assert.Equal(1, rooms.Sum("chatserver_relay_active"));
        Assert.InRange(Count("chatserver_deliveries_total"), 2, 100);
        // What alerts count is exported before it happens: Prometheus would not see the first event.
        Assert.Contains("chatserver_placement_takeovers_total", start.Names);
        Assert.Contains("chatserver_append_failed_total", start.Names);
        Assert.Contains("chatserver_room_faults_total", start.Names);
        Assert.Equal(1, rooms.Sum("target_info", "service_instance_id=\"host-1\""));

        var edge = await Scrape.OfAsync(balancer.Http);
        Assert.Equal(1, edge.Sum("chatserver_connection_active"));
        Assert.Equal(1, edge.Sum("chatserver_edge_rooms", "attached=\"true\""));
        Assert.Equal(1, edge.Sum("chatserver_join_duration_seconds_count"));

        var known = MetricsCatalog.All.SelectMany(metric => MetricsCatalog.PrometheusNames(metric.Instrument)).ToHashSet();
        Assert.Empty(rooms.Names.Concat(edge.Names).Where(name => name.StartsWith("chatserver_", StringComparison.Ordinal)).Except(known));
        Assert.False(again.HasEnded);
    }

    [Fact]
    public async Task There_is_no_endpoint_unless_it_is_switched_on()
    {
        var service = new DefaultService();
        await service.InitializeAsync();
        Own(service);
        using var answer = await service.Http.GetAsync("/metrics", Cancelled);
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
    }
}
