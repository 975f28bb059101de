using System.Text.RegularExpressions;
using ChatServer.Client;
using ChatServer.Tests.Architecture;
using ChatServer.Tests.Support;
using ChatServer.Tokens;

namespace ChatServer.Tests.Client;

/// <summary>The examples in <c>docs/client-dotnet.md</c> and in the package's README are the code of this file.</summary>
public sealed partial class ClientReadmeTests
{
    [Fact]
    public async Task Two_lines_of_the_README_join_a_room_and_send_a_message()
    {
        await using var real = await RealRoom.StartAsync("lobby");
        var address = $"{real.LoadBalancers[0]}";

        await using var room = await ChatRoom.JoinAsync(address, "lobby", "ada");
        await room.SayAsync("hello");

        await using var other = await ChatRoom.JoinAsync(address, "lobby", "bob");
        await using var reading = new Reading(other);
        await reading.NextAsync<Welcomed>();
        var heard = await reading.NextAsync<Message>();
        Assert.Equal(("ada", "hello"), (heard.User, heard.Text));
    }

    [Fact]
    public async Task The_longer_examples_read_through_several_load_balancers()
    {
        await using var real = await RealRoom.StartAsync("lobby", settings: ("KEY", MyBackend.Key));
        var (first, second) = (real.LoadBalancers[0], real.LoadBalancers[1]);
        using var timeout = new CancellationTokenSource(Eventually.Timeout);
        var ct = timeout.Token;

        await using var room = await ChatRoom.JoinAsync(new ChatRoomOptions
        {
            Addresses = [first, second],
            Room = "lobby",
            User = "ada",
            Token = async ct => await MyBackend.TokenAsync(ct), // called before each connection, and to renew the token
        }, ct);

        var Console = new StringWriter();
        await room.SayAsync("hello", ct);
        var leaving = Eventually.Async(() => $"{Console}", text => text.Contains("hello", StringComparison.Ordinal))
            .ContinueWith(_ => room.DisposeAsync().AsTask(), TaskScheduler.Default).Unwrap();
        await foreach (var e in room.Events.WithCancellation(ct))
        {
            switch (e)
            {
                case Message m: Console.WriteLine($"{m.Seq} {m.User}: {m.Text}"); break;
                case EventsMissed gap: Console.WriteLine($"{gap.First} to {gap.Last} are not kept any more"); break;
                case HistoryChanged: Console.WriteLine("the room lost its history; this is the new one"); break;
                case Closed end: Console.WriteLine($"out: {end.Code} {end.Reason}"); break;
            }
        }
        await leaving;
        Assert.Equal("1 ada: hello\nout: 1000 left\n", $"{Console}");
    }

    [Theory]
    [InlineData("docs/client-dotnet.md", 3)]
    [InlineData("ChatServer.Client/README.md", 1)]
    public void Every_example_of_the_README_is_in_these_tests(string document, int count)
    {
        var readme = File.ReadAllText(Path.Combine(SourceTree.Root, document));
        var tests = Flat(File.ReadAllText(Path.Combine(SourceTree.Root, "ChatServer.Tests/Client/ClientReadmeTests.cs")));
        var examples = Example().Matches(readme).Select(m => Flat(m.Groups["code"].Value)).ToList();
        Assert.Equal(count, examples.Count);
        Assert.All(examples, example => Assert.Contains(example, tests, StringComparison.Ordinal));
    }

    // Without indentation, and with the addresses of the test.
    private static string Flat(string code) => string.Join('\n', code.Split('\n').Select(line => line.Trim()))
        .Replace("\"http://localhost:2000\"", "address", StringComparison.Ordinal)
        .Replace("new(\"https://chat-a.example\")", "first", StringComparison.Ordinal)
        .Replace("new(\"https://chat-b.example\")", "second", StringComparison.Ordinal);

    [GeneratedRegex("```csharp\n(?<code>.*?)```", RegexOptions.Singleline)]
    private static partial Regex Example();

    private static class MyBackend
    {
        public const string Key = "key-of-the-backend";

        public static ValueTask<string> TokenAsync(CancellationToken ct) => new(
            ct.IsCancellationRequested ? "" : TokenSigner.OfApiKey(Key, TimeProvider.System).Sign(
                new JoinToken("ada", "ada", RoomPattern.Parse("lobby")!, DateTimeOffset.UtcNow.AddMinutes(1))));
    }
}
