using System.Text.RegularExpressions;
using ChatServer.Tests.Architecture;

namespace ChatServer.Tests.Examples;

/// <summary>A request of an <c>.http</c> file, its variables replaced.</summary>
internal sealed record HttpFileRequest(
    string Title, HttpMethod Method, string Url, IReadOnlyDictionary<string, string> Headers, string Body);

/// <summary>The part of the <c>.http</c> format that our files use: variables, titles, headers and bodies.</summary>
internal static partial class HttpFile
{
    /// <summary>The requests of a project's file. <paramref name="variables"/> replace the file's, and must exist there.</summary>
    public static IReadOnlyList<HttpFileRequest> Read(string project, IReadOnlyDictionary<string, string> variables)
    {
        var text = File.ReadAllText(Path.Combine(SourceTree.Root, project, $"{project}.http"));
        var values = Variable().Matches(text).ToDictionary(match => match.Groups[1].Value, match => match.Groups[2].Value);
        Assert.Empty(variables.Keys.Except(values.Keys));
        foreach (var (name, value) in variables) values[name] = value;
        var replaced = Use().Replace(text, match => values[match.Groups[1].Value]);
        // Before the first title are the variables.
        return [.. replaced.Split("\n### ")[1..].Select(Parse)];
    }

    private static HttpFileRequest Parse(string section)
    {
        var parts = section.Split("\n\n", 2);
        var lines = parts[0].TrimEnd().Split('\n');
        var request = lines[1].Split(' ');
        return new HttpFileRequest(
            lines[0], HttpMethod.Parse(request[0]), request[1],
            lines[2..].Select(line => line.Split(": ")).ToDictionary(header => header[0], header => header[1]),
            parts.ElementAtOrDefault(1)?.Trim() ?? "");
    }

    [GeneratedRegex("^@([a-zA-Z]+) = (.+)$", RegexOptions.Multiline)]
    private static partial Regex Variable();

    [GeneratedRegex("{{([a-zA-Z]+)}}")]
    private static partial Regex Use();
}
