using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using ChatServer.Tests.Architecture;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.Client;

/// <summary>The npm package in <c>clients/js</c>: its type declarations and its manifest describe its JavaScript.</summary>
public sealed partial class NpmPackageTests
{
    // Node resolves the package's own name in its folder, so the manifest's `exports` are used.
    private const string Inspect = """
        const client = await import('chatserver-client');
        const members = (type, instance) => new Set([...Object.keys(instance), ...Object.getOwnPropertyNames(type.prototype)]);
        console.log(JSON.stringify({
          exports: Object.keys(client),
          members: [...members(client.ChatClient, new client.ChatClient({ url: 'ws://localhost' }))],
          refused: Object.keys(new client.Refused('code', 'message')),
        }));
        """;

    private static readonly string Folder = Path.Combine(SourceTree.Root, "clients", "js");
    private static readonly string Declarations = File.ReadAllText(Path.Combine(Folder, "index.d.ts"));

    [Fact]
    public async Task Declarations_name_every_export_and_member()
    {
        var output = await NodeProgram.RunAsync(Folder, TimeSpan.FromSeconds(60), "--input-type=module", "--eval", Inspect);
        var module = JsonDocument.Parse(output).RootElement;
        Assert.Equal(Names(module, "exports"), Export().Matches(Declarations).Select(match => match.Groups[1].Value).Order());
        Assert.Equal(Names(module, "members"), MembersOf("ChatClient"));
        Assert.Equal(Names(module, "refused").Append("constructor").Order(), MembersOf("Refused"));
    }

    [Fact]
    public void The_manifest_lists_existing_files_and_the_version_of_the_server()
    {
        var manifest = JsonDocument.Parse(File.ReadAllText(Path.Combine(Folder, "package.json"))).RootElement;
        var files = manifest.GetProperty("files").EnumerateArray().Select(file => file.GetString()!).ToList();
        var scripts = Directory.GetFiles(Folder, "*.js").Append("index.d.ts").Select(file => Path.GetFileName(file)!);
        Assert.Equal(scripts.Order(), files.Order());
        var version = XDocument.Load(Path.Combine(SourceTree.Root, "Directory.Build.props")).Descendants("VersionPrefix").Single().Value;
        Assert.Equal(version, manifest.GetProperty("version").GetString());
    }

    private static IEnumerable<string> Names(JsonElement module, string property) =>
        module.GetProperty(property).EnumerateArray().Select(name => name.GetString()!).Order();

    // `EventTarget` declares the listeners; the class only narrows them.
    private static IEnumerable<string> MembersOf(string type)
    {
        var start = Declarations.IndexOf($"export class {type} ", StringComparison.Ordinal);
        var body = Declarations[start..Declarations.IndexOf("\n}", start, StringComparison.Ordinal)];
        return Member().Matches(body).Select(match => match.Groups[1].Value)
            .Where(name => name is not ("addEventListener" or "removeEventListener")).Order();
    }

    [GeneratedRegex(@"^export (?:class|function|const) (\w+)", RegexOptions.Multiline)]
    private static partial Regex Export();

    [GeneratedRegex(@"^  (?:readonly )?(\w+)[(:<]", RegexOptions.Multiline)]
    private static partial Regex Member();
}
