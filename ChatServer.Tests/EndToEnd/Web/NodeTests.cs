using ChatServer.Tests.Architecture;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.EndToEnd.Web;

/// <summary>The client in JavaScript without a browser: the example of docs/client-js.md, in Node.</summary>
public sealed class NodeTests(ChatSiteFixture fixture) : WebTests(fixture)
{
    [Fact]
    public async Task Client_sends_from_Node_and_lets_the_process_end()
    {
        var room = await Site.RoomAsync();
        var anna = await Site.JoinAsync("Anna", room);
        using var folder = new Package();
        var urls = Site.LoadBalancers.Select(
            lb => $"'{ChatSite.AddressOf(lb).Replace("http", "ws", StringComparison.Ordinal)}/rooms/{room}'");
        await folder.WriteAsync("talk.js", $$"""
            import { ChatClient } from './chat-client.js';

            const chat = new ChatClient({
              url: [{{string.Join(", ", urls)}}],
              user: 'Node',
            });
            chat.addEventListener('message', ({ detail }) => console.log(`${detail.user}: ${detail.text}`));
            chat.connect();
            const event = await chat.send('Hello');
            console.log(`It is number ${event.seq}.`);
            chat.close();
            """);
        // The process ends by itself: no timer and no connection keeps it alive.
        var output = await NodeProgram.RunAsync(folder.Path, ChatSite.Timeout, NodeProgram.WithWebSocket, "talk.js");
        Assert.Equal("Node: Hello\nIt is number 1.\n", output);
        await anna.ShowsMessagesAsync("Hello");
    }

    /// <summary>A folder with the files of the client, as in a user's project.</summary>
    private sealed class Package : IDisposable
    {
        public Package()
        {
            foreach (var file in (string[])["chat-client.js", "chat-commands.js", "chat-outbox.js", "chat-refusals.js", "chat-token.js"])
                File.Copy(System.IO.Path.Combine(SourceTree.Root, "clients", "js", file), System.IO.Path.Combine(Path, file));
            File.WriteAllText(System.IO.Path.Combine(Path, "package.json"), """{"type":"module"}""");
        }

        public string Path { get; } = Directory.CreateTempSubdirectory("chat-client-").FullName;

        public Task WriteAsync(string name, string text) => File.WriteAllTextAsync(System.IO.Path.Combine(Path, name), text);

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }
}
