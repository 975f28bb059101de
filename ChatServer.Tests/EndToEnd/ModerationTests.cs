using System.Net;
using System.Text.Json;
using ChatServer.Contracts;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.EndToEnd;

/// <summary>Kicks, bans and mutes of the Admin, on every path into a room.</summary>
[Collection(AppHostCollection.Name)]
public sealed class ModerationTests(SharedAppHost shared) : DeploymentTests(shared)
{
    private const string Session = "session-of-mallory";

    // The effect must begin within a second; the test allows for a busy machine.
    private static readonly TimeSpan EffectTimeout = TimeSpan.FromSeconds(5);

    [Fact]
    public async Task Kicked_member_is_closed_with_4001_and_the_reason_and_may_return()
    {
        var (room, mallory, ann) = await OpenAsync();
        var uid = await ModerateAsync(room, "kick", new { user = "mallory", reason = "Be kind." });

        Assert.Equal(mallory.Welcome["uid"], uid);
        Assert.Equal((CloseCodes.Kicked, "Be kind."), await ClosedInTimeAsync(mallory));
        Assert.Equal("Be kind.", mallory.Events.Single(e => e.Type == "closing")["reason"]);
        await ann.NextAsync(e => e.Type == "presence" && e.List("left").Contains("mallory"), "the leave");
        await using var back = await Deployment.JoinAsync(Deployment.Entrances[0], room, $"user=mallory&session={Session}");
        Assert.Equal("mallory", back.User);
    }

    [Fact]
    public async Task Banned_user_is_refused_on_every_path_until_the_ban_is_lifted()
    {
        var (room, mallory, _) = await OpenAsync();
        var uid = await ModerateAsync(room, "ban", new { user = "mallory", reason = "Spam." });
        Assert.Equal((CloseCodes.Banned, "Spam."), await ClosedInTimeAsync(mallory));

        await AssertBannedAsync(room, $"user=mallory&session={Session}");
        await AssertBannedAsync(room, $"user=other-name&session={Session}");
        await AssertBannedAsync(room, $"session={Session}&since={mallory.Since}");
        await (await Deployment.JoinAsync(Deployment.Entrances[0], room, "user=mallory")).DisposeAsync(); // the name is free for others

        var ban = Assert.Single(await ListAsync($"?room={room}", "bans"));
        Assert.Equal((uid, "mallory", room, "Spam."), (
            ban.GetProperty("uid").GetString(), ban.GetProperty("user").GetString(), ban.GetProperty("room").GetString(),
            ban.GetProperty("reason").GetString()));
        await Deployment.MoveRoomsAsync();
        await AssertBannedAsync(room, $"user=mallory&session={Session}");

        await ModerateAsync(room, "unban", new { user = "MALLORY" });
        await using var back = await Deployment.RejoinAsync(Deployment.Entrances[1], room, $"user=mallory-again&session={Session}");
        Assert.Empty(await ListAsync($"?room={room}", "bans"));
    }

    [Fact]
    public async Task Ban_from_all_rooms_closes_the_user_in_each_of_them_and_ends_by_itself()
    {
        var (one, first, _) = await OpenAsync();
        var (other, second, _) = await OpenAsync();
        var uid = first.Welcome["uid"]!;
        Assert.Equal(uid, second.Welcome["uid"]);
        await Deployment.OperateAsync("ban", new { uid, seconds = 3 });

        foreach (var member in (RoomClient[])[first, second])
            Assert.Equal((CloseCodes.Banned, "banned"), await ClosedInTimeAsync(member));
        var ban = Assert.Single(await ListAsync("", "bans"), ban => ban.GetProperty("uid").GetString() == uid);
        Assert.Equal(JsonValueKind.Null, ban.GetProperty("room").ValueKind);
        await using var back = await Deployment.RejoinAsync(Deployment.Entrances[0], one, $"user=mallory&session={Session}");
        await using var alsoBack = await Deployment.RejoinAsync(Deployment.Entrances[1], other, $"user=mallory&session={Session}");
    }

    [Fact]
    public async Task Ban_with_address_applies_to_other_sessions_from_it()
    {
        var (room, mallory, _) = await OpenAsync();
        await ModerateAsync(room, "ban", new { user = "mallory", address = true });
        await mallory.ClosedAsync();
        await AssertBannedAsync(room, "user=innocent&session=another-session-1");
        await ModerateAsync(room, "unban", new { user = "mallory" });
    }

    [Fact]
    public async Task Muted_member_is_told_and_its_messages_are_refused_until_the_mute_ends()
    {
        var (room, mallory, ann) = await OpenAsync();
        var logged = await mallory.SayAsync("before", "before");
        await ModerateAsync(room, "mute", new { user = "mallory", seconds = 60, reason = "Calm down." });

        var told = await mallory.NextAsync("error");
        Assert.Equal((RoomErrorCodes.Muted, null), (told["code"], told["id"]));
        Assert.Contains("Calm down.", told["message"]!);
        await mallory.SendAsync(new { type = "message", id = "refused", text = "no" });
        var refused = await mallory.NextAsync("error");
        Assert.Equal((RoomErrorCodes.Muted, "refused"), (refused["code"], refused["id"]));
        Assert.InRange(refused.Json.GetProperty("retryAfterMs").GetInt64(), 1, 60_000);
        // A message that was logged before is answered by its event, not by the mute.
        await mallory.SendAsync(new { type = "message", id = "before", text = "before" });
        Assert.Equal(logged.Seq, (await mallory.NextAsync("message")).Seq);

        await Deployment.MoveRoomsAsync();
        await mallory.SendAsync(new { type = "message", id = "after-move", text = "no" });
        Assert.Equal(RoomErrorCodes.Muted, (await mallory.NextAsync(e => e["id"] == "after-move", "an answer"))["code"]);
        await ModerateAsync(room, "unmute", new { uid = mallory.Welcome["uid"] });
        await Eventually.Async(
            async () =>
            {
                await mallory.SendAsync(new { type = "message", id = "heard", text = "yes" });
                return (await mallory.NextAsync(e => e["id"] == "heard", "an answer")).Type;
            }, type => type == "message");
        Assert.Equal(["before", "yes"], (await ann.NextAsync("message", 2)).Select(message => message["text"]));
    }

    [Fact]
    public async Task Message_is_deleted_by_its_author_by_the_Api_and_by_the_Admin()
    {
        var (room, mallory, ann) = await OpenAsync();
        for (var i = 1; i <= 4; i++) await mallory.SayAsync($"secret {i}");
        await ann.SendAsync(new { type = "delete", id = "d1", target = 1 });
        var refused = await ann.NextAsync("error");
        Assert.Equal((RoomErrorCodes.NotYours, "d1"), (refused["code"], refused["id"]));
        await mallory.SendAsync(new { type = "delete", id = "d1", target = 1 });
        Assert.Equal("author", (await mallory.NextAsync(e => e["id"] == "d1", "the answer"))["by"]);
        await mallory.SendAsync(new { type = "delete", id = "d1", target = 1 });
        Assert.Equal("done", (await mallory.NextAsync(e => e["id"] == "d1", "the answer to the repetition")).Type);

        var byBackend = await Deployment.CallAsync(AppHost.ApiPort, HttpMethod.Delete, $"room/{room}/messages/2");
        var byOperator = await Deployment.CallAsync(AppHost.AdminPort, HttpMethod.Delete, $"room/{room}/messages/3");
        Assert.Equal((HttpStatusCode.Accepted, HttpStatusCode.Accepted), (byBackend.Status, byOperator.Status));
        Assert.Equal((6, 7), (byBackend.Data.GetProperty("seq").GetInt64(), byOperator.Data.GetProperty("seq").GetInt64()));
        var missing = await Deployment.CallAsync(AppHost.ApiPort, HttpMethod.Delete, $"room/{room}/messages/99");
        Assert.Equal((HttpStatusCode.NotFound, ErrorCodes.NoSuchMessage), (missing.Status, missing.Code));
        Assert.Equal(["author", "backend", "moderator"], (await ann.NextAsync("deleted", 3)).Select(e => e["by"]));

        var history = (await Deployment.GetAsync($"room/{room}/messages")).ToString();
        Assert.Equal(
            [false, false, false, true], Enumerable.Range(1, 4).Select(i => history.Contains($"secret {i}", StringComparison.Ordinal)));
        var audit = (await Deployment.CallAsync(AppHost.AdminPort, HttpMethod.Get, "audit?limit=20")).Data.GetProperty("entries");
        Assert.Equal(2, audit.EnumerateArray().Count(entry => entry.GetProperty("action").GetString() == "deleteMessage"
            && entry.GetProperty("target").GetProperty("room").GetString() == room && entry.GetProperty("result").GetString() == "202"));
    }

    [Fact]
    public async Task Moderator_removes_mutes_and_bans_in_the_room_and_each_command_is_audited()
    {
        var (room, mallory, ann) = await OpenAsync();
        var uid = mallory.Welcome["uid"]!;
        await using var moderator = await JoinAsModeratorAsync(room);
        await mallory.SayAsync("secret", "s");

        await moderator.SendAsync(new { type = "mute", id = "1", uid, seconds = 60, reason = "Quiet." });
        await moderator.NextAsync(e => e.Type == "done" && e["id"] == "1", "the answer to the mute");
        Assert.Equal(RoomErrorCodes.Muted, (await mallory.NextAsync("error"))["code"]);
        await Deployment.MoveRoomsAsync();
        await moderator.SendAsync(new { type = "unmute", id = "2", uid });
        await moderator.NextAsync(e => e.Type == "done" && e["id"] == "2", "the answer to the unmute, after a move");
        // A repetition of the mute, as after a lost answer, has no effect.
        await moderator.SendAsync(new { type = "mute", id = "1", uid, seconds = 60, reason = "Quiet." });
        await moderator.NextAsync(e => e.Type == "done" && e["id"] == "1", "the answer to the repetition");
        Assert.Equal("message", (await mallory.SayAsync("heard")).Type);

        await moderator.SendAsync(new { type = "delete", id = "3", target = 1 });
        Assert.Equal(("moderator", "3"), (await ann.NextAsync("deleted")) is var deleted ? (deleted["by"], deleted["id"]) : default);
        await moderator.SendAsync(new { type = "kick", id = "4", uid, reason = "Out." });
        Assert.Equal((CloseCodes.Kicked, "Out."), await mallory.ClosedAsync());
        await moderator.NextAsync(e => e.Type == "done" && e["id"] == "4", "the answer to the kick");
        await using (var back = await Deployment.JoinAsync(Deployment.Entrances[0], room, $"session={Session}"))
        {
            await moderator.SendAsync(new { type = "ban", id = "5", uid });
            Assert.Equal(CloseCodes.Banned, (await back.ClosedAsync()).Code);
        }
        await moderator.NextAsync(e => e.Type == "done" && e["id"] == "5", "the answer to the ban");
        await AssertBannedAsync(room, $"session={Session}");

        var audit = (await Deployment.CallAsync(AppHost.AdminPort, HttpMethod.Get, "audit?limit=50")).Data.GetProperty("entries");
        var actions = audit.EnumerateArray().Where(entry => entry.GetProperty("actor").GetString() == $"mod-{room}").ToList();
        Assert.Equal(
            ["ban", "kick", "delete", "mute", "unmute", "mute"], actions.Select(entry => entry.GetProperty("action").GetString()));
        Assert.All(actions, entry => Assert.Equal("done", entry.GetProperty("result").GetString()));
    }

    [Fact]
    public async Task Member_without_the_permission_cannot_moderate()
    {
        var (_, mallory, ann) = await OpenAsync();
        foreach (var type in (string[])["kick", "ban", "unban", "mute", "unmute"])
        {
            await mallory.SendAsync(new { type, id = type, uid = ann.Welcome["uid"] });
            var error = await mallory.NextAsync("error");
            Assert.Equal((RoomErrorCodes.Forbidden, type), (error["code"], error["id"]));
        }
        await mallory.SendAsync(new { type = "ban", id = "x" });
        Assert.Equal(RoomErrorCodes.InvalidMessage, (await mallory.NextAsync("error"))["code"]);
        Assert.Equal(1, (await ann.SayAsync("still here")).Seq);
    }

    [Theory]
    [InlineData("kick", """{"user":"nobody"}""", HttpStatusCode.NotFound, ErrorCodes.NoSuchMember)]
    [InlineData("ban", """{"user":"nobody"}""", HttpStatusCode.NotFound, ErrorCodes.NoSuchMember)]
    [InlineData("unmute", """{"user":"nobody"}""", HttpStatusCode.NotFound, ErrorCodes.NoSuchMember)]
    [InlineData("ban", "{}", HttpStatusCode.BadRequest, ErrorCodes.InvalidBody)]
    [InlineData("ban", """{"user":"a","uid":"b"}""", HttpStatusCode.BadRequest, ErrorCodes.InvalidBody)]
    [InlineData("ban", """{"uid":"~short"}""", HttpStatusCode.BadRequest, ErrorCodes.InvalidBody)]
    [InlineData("mute", """{"uid":"u","seconds":0}""", HttpStatusCode.BadRequest, ErrorCodes.InvalidBody)]
    [InlineData("mute", """{"uid":"u","reason":"a\nb"}""", HttpStatusCode.BadRequest, ErrorCodes.InvalidBody)]
    [InlineData("mute", """{"uid":"u","days":1}""", HttpStatusCode.BadRequest, ErrorCodes.InvalidBody)]
    public async Task Invalid_moderation_is_refused(string call, string body, HttpStatusCode status, string code)
    {
        var (room, _, _) = await OpenAsync();
        var answer = await Deployment.CallAsync(
            AppHost.AdminPort, HttpMethod.Post, $"room/{room}/{call}", JsonSerializer.Deserialize<JsonElement>(body));
        Assert.Equal((status, code), (answer.Status, answer.Code));
    }

    [Fact]
    public async Task Moderation_of_a_missing_room_is_not_found()
    {
        foreach (var call in (string[])["kick", "ban", "unban", "mute", "unmute"])
        {
            var answer = await Deployment.CallAsync(
                AppHost.AdminPort, HttpMethod.Post, $"room/no-such-room/{call}", new { uid = "someone" });
            Assert.Equal((HttpStatusCode.NotFound, ErrorCodes.RoomNotFound), (answer.Status, answer.Code));
        }
    }

    private static Task<(int Code, string Reason)> ClosedInTimeAsync(RoomClient member) =>
        member.ClosedAsync().WaitAsync(EffectTimeout, TestContext.Current.CancellationToken);

    // Mallory joins through one load balancer, Ann through the other.
    private async Task<(string Room, RoomClient Mallory, RoomClient Ann)> OpenAsync()
    {
        var room = $"moderated-{Guid.NewGuid():N}";
        await Deployment.CreateAsync(room);
        return (
            room, await Deployment.JoinAsync(Deployment.Entrances[0], room, $"user=mallory&session={Session}"),
            await Deployment.JoinAsync(Deployment.Entrances[1], room, "user=ann"));
    }

    [Fact]
    public async Task Operator_joins_a_private_room_under_a_reserved_name_with_a_token_of_the_Admin()
    {
        var room = $"private-{Guid.NewGuid():N}";
        await Deployment.CreateAsync(room, new { @private = true });
        var answer = await Deployment.CallAsync(AppHost.AdminPort, HttpMethod.Post, $"room/{room}/token");
        var token = answer.Data.GetProperty("token").GetString();
        await using var watcher = await Deployment.JoinAsync(Deployment.Entrances[1], room, $"token={token}");

        Assert.Equal("operator", watcher.User);
        Assert.Equal(["read", "write", "moderate"], watcher.Welcome.List("permissions"));
        Assert.StartsWith("key:", watcher.Welcome["uid"]!, StringComparison.Ordinal);
        var missing = await Deployment.CallAsync(AppHost.AdminPort, HttpMethod.Post, "room/no-such-room/token");
        Assert.Equal((HttpStatusCode.NotFound, ErrorCodes.RoomNotFound), (missing.Status, missing.Code));
    }

    private async Task<RoomClient> JoinAsModeratorAsync(string room)
    {
        var answer = await Deployment.CallAsync(
            AppHost.ApiPort, HttpMethod.Post, $"room/{room}/token",
            new { user = "Moderator", uid = $"mod-{room}", permissions = (string[])["read", "write", "moderate"], expiresInSeconds = 600 });
        return await Deployment.JoinAsync(Deployment.Entrances[0], room, $"token={answer.Data.GetProperty("token").GetString()}");
    }

    private async Task<string> ModerateAsync(string room, string call, object body)
    {
        var answer = await Deployment.CallAsync(AppHost.AdminPort, HttpMethod.Post, $"room/{room}/{call}", body);
        Assert.True(answer.Status == HttpStatusCode.Accepted, $"{answer}");
        return answer.Data.GetProperty("uid").GetString()!;
    }

    private async Task<IReadOnlyList<JsonElement>> ListAsync(string query, string kind) =>
        [.. (await Deployment.CallAsync(AppHost.AdminPort, HttpMethod.Get, $"bans{query}")).Data.GetProperty(kind).EnumerateArray()];

    private async Task AssertBannedAsync(string room, string query)
    {
        var port = (await Deployment.GetAsync($"room/{room}")).GetProperty("port").GetInt32();
        var entrances = Deployment.Entrances.Select(entrance => $"http://localhost:{entrance}/rooms/{room}");
        foreach (var url in entrances.Append($"http://localhost:{port}/"))
        {
            using var refusal = await RoomClient.HandshakeAsync(new Uri($"{url}?{query}"));
            await refusal.IsProblemAsync(HttpStatusCode.Forbidden, ErrorCodes.Banned);
        }
    }
}
