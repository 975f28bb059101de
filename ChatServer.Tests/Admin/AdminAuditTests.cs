using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using ChatServer.Contracts;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.Admin;

public sealed class AdminAuditTests(AdminCluster cluster) : IClassFixture<AdminCluster>
{
    private static readonly string Fingerprint =
        $"key:{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(AdminCluster.Key)))[..8]}";

    public static TheoryData<string, string> Orders => new(
        AdminKeyTests.Calls.Select(call => call.Data).Where(call => call.Item1 != "GET").Select(call => (call.Item1, call.Item2)));

    [Fact]
    public async Task Order_is_recorded_with_key_address_action_target_and_result()
    {
        await cluster.CreateAsync("gone");
        using var accepted = await cluster.Admin.SendAsync(HttpMethod.Delete, "/api/v1/room/gone/shutdown", AdminCluster.Key);
        using var refused = await cluster.Admin.SendAsync(
            HttpMethod.Post, "/api/v1/room/absent/message", AdminCluster.Key, """{"text":"x"}""");
        using var invalid = await cluster.Admin.SendAsync(HttpMethod.Post, "/api/v1/message", AdminCluster.Key, "{}");
        Assert.Equal(HttpStatusCode.BadRequest, invalid.StatusCode);

        await AssertRecordedAsync("shutdownRoom", Fingerprint, """{"room":"gone"}""", "202");
        await AssertRecordedAsync("announceInRoom", Fingerprint, """{"room":"absent"}""", "404");
        await AssertRecordedAsync("announce", Fingerprint, null, "400");
    }

    [Theory]
    [MemberData(nameof(Orders))]
    public async Task Order_without_the_key_is_recorded(string method, string path)
    {
        using var response = await cluster.Admin.SendAsync(new HttpMethod(method), path, "wrong");
        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);

        var newest = (await EntriesAsync("limit=1"))[0];

        Assert.Equal("401", newest.GetProperty("result").GetString());
        Assert.Equal("key:8810ad58", newest.GetProperty("actor").GetString());
        var target = newest.GetProperty("target");
        Assert.Equal(
            path.EndsWith("/1", StringComparison.Ordinal) ? """{"room":"kept","seq":1}"""
            : path.Contains("kept", StringComparison.Ordinal) ? """{"room":"kept"}"""
            : path.Contains("host-1", StringComparison.Ordinal) ? """{"host":"host-1"}"""
            : "null",
            target.GetRawText());
    }

    [Fact]
    public async Task Reading_is_not_recorded()
    {
        var before = await EntriesAsync("limit=1000");
        using var read = await cluster.Admin.SendAsync(HttpMethod.Get, "/api/v1/rooms", AdminCluster.Key);
        using var refused = await cluster.Admin.SendAsync(HttpMethod.Get, "/api/v1/rooms");

        Assert.Equal(before.Count, (await EntriesAsync("limit=1000")).Count);
    }

    [Theory]
    [InlineData("room=FILTER", 3)]
    [InlineData("room=filtered&action=mute", 1)]
    [InlineData("room=filtered&actor=key:", 3)]
    [InlineData("room=filtered&actor=key%3A&action=MESSAGE&room=ignored", 0)]
    [InlineData("room=filtered&actor=%7Eann", 0)]
    public async Task Filters_select_entries_by_parts_of_their_texts_on_all_pages(string query, int count)
    {
        var room = $"filtered-{Guid.NewGuid():N}";
        await cluster.CreateAsync(room);
        foreach (var (path, body) in ((string, string)[])[("mute", """{"uid":"user-7"}"""), ("unban", """{"uid":"user-7"}"""), ("message", "{}")])
            (await cluster.Admin.SendAsync(HttpMethod.Post, $"/api/v1/room/{room}/{path}", AdminCluster.Key, body)).Dispose();
        for (var i = 0; i < 3; i++)
            (await cluster.Admin.SendAsync(HttpMethod.Post, "/api/v1/host/nobody/resume", AdminCluster.Key)).Dispose();
        var filter = query.Replace("room=filtered", $"room={room}", StringComparison.Ordinal)
            .Replace("room=FILTER", $"room={room.ToUpperInvariant()}", StringComparison.Ordinal);

        var numbers = new List<long>();
        for (long? after = null; ;)
        {
            var page = await cluster.Admin.GetDataAsync(
                $"/api/v1/audit?limit=1&{filter}{(after is null ? "" : $"&after={after}")}", AdminCluster.Key);
            numbers.AddRange(page.GetProperty("entries").EnumerateArray().Select(entry => entry.GetProperty("number").GetInt64()));
            if (page.GetProperty("next").ValueKind == JsonValueKind.Null) break;
            after = page.GetProperty("next").GetInt64();
        }

        Assert.Equal(count, numbers.Count);
        Assert.Equal(numbers.OrderDescending(), numbers);
    }

    [Fact]
    public async Task Pages_follow_each_other_until_next_is_null()
    {
        for (var i = 0; i < 5; i++)
            (await cluster.Admin.SendAsync(HttpMethod.Post, "/api/v1/host/nobody/resume", AdminCluster.Key)).Dispose();
        var all = (await EntriesAsync("limit=1000")).Select(entry => entry.GetProperty("number").GetInt64()).ToList();
        var paged = new List<long>();

        for (long? after = null; ;)
        {
            var page = await cluster.Admin.GetDataAsync($"/api/v1/audit?limit=2{(after is null ? "" : $"&after={after}")}", AdminCluster.Key);
            paged.AddRange(page.GetProperty("entries").EnumerateArray().Select(entry => entry.GetProperty("number").GetInt64()));
            if (page.GetProperty("next").ValueKind == JsonValueKind.Null) break;
            after = page.GetProperty("next").GetInt64();
        }

        Assert.Equal(all, paged);
        Assert.Equal(all.OrderDescending(), all);
    }

    [Theory]
    [InlineData("after=x")]
    [InlineData("after=0")]
    [InlineData("limit=0")]
    public async Task Invalid_page_is_refused(string query)
    {
        using var response = await cluster.Admin.SendAsync(HttpMethod.Get, $"/api/v1/audit?{query}", AdminCluster.Key);
        await response.IsProblemAsync(HttpStatusCode.BadRequest, ErrorCodes.InvalidQuery);
    }

    [Fact]
    public async Task Address_is_that_of_the_client_only_behind_a_trusted_proxy()
    {
        var trusting = cluster.Own(await ServiceProcess.StartAsync(
            "ChatServer.Admin", "ADMIN_PORT", ("ADMIN_KEY", AdminCluster.Key),
            ("ConnectionStrings__redis", cluster.Redis.ConnectionString), ("TRUSTED_PROXIES", "127.0.0.1")));
        foreach (var (admin, host) in ((ServiceProcess, string)[])[(trusting, "behind-proxy"), (cluster.Admin, "direct")])
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, $"/api/v1/host/{host}/resume");
            request.Headers.Add("X-API-Key", AdminCluster.Key);
            request.Headers.Add("X-Forwarded-For", "198.51.100.7");
            (await admin.Http.SendAsync(request, TestContext.Current.CancellationToken)).Dispose();
        }

        var addresses = (await EntriesAsync("limit=2")).Select(entry => entry.GetProperty("address").GetString());
        Assert.Equal(["127.0.0.1", "198.51.100.7"], addresses);
    }

    private async Task AssertRecordedAsync(string action, string actor, string? target, string result)
    {
        var entry = (await EntriesAsync("limit=1000")).First(entry => entry.GetProperty("action").GetString() == action
            && entry.GetProperty("actor").GetString() == actor);
        Assert.Equal("127.0.0.1", entry.GetProperty("address").GetString());
        Assert.Equal(target ?? "null", entry.GetProperty("target").GetRawText());
        Assert.Equal(result, entry.GetProperty("result").GetString());
        Assert.Equal(JsonValueKind.Null, entry.GetProperty("reason").ValueKind);
    }

    private async Task<List<JsonElement>> EntriesAsync(string query) =>
        [.. (await cluster.Admin.GetDataAsync($"/api/v1/audit?{query}", AdminCluster.Key)).GetProperty("entries").EnumerateArray()];
}
