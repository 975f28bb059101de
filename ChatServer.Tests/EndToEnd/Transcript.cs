using System.Text.RegularExpressions;

namespace ChatServer.Tests.EndToEnd;

/// <summary>The commands of a document and their expected output.</summary>
internal static partial class Transcript
{
    /// <summary>The commands of all <c>console</c> blocks, in order, with the lines that follow each.</summary>
    public static IEnumerable<(string Command, IReadOnlyList<string> Lines)> Of(string markdown) =>
        from block in Block().Matches(markdown)
        from step in Step().Matches(block.Groups["text"].Value)
        select (step.Groups["command"].Value, (IReadOnlyList<string>)[.. step.Groups["line"].Captures.Select(line => line.Value)]);

    [GeneratedRegex("^```console\n(?<text>.*?)^```", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Block();

    [GeneratedRegex(@"^\$ (?<command>.*)\n((?!\$ )(?<line>.*)\n)*", RegexOptions.Multiline)]
    private static partial Regex Step();
}

/// <summary>
/// A curl call that runs without curl, because the tests need only the SDK. It knows the options in our documents and no others.
/// </summary>
internal sealed partial record CurlCommand(
    HttpMethod Method, Uri Url, IReadOnlyList<(string Name, string Value)> Headers, string? Body, bool ShowsBody, string Format)
{
    public static CurlCommand Parse(string command)
    {
        var words = new Queue<string>(Word().Matches(command).Select(word => word.Groups["word"].Value));
        Assert.Equal("curl", words.Dequeue());
        var (method, url, body, showsBody, format) = ((HttpMethod?)null, (string?)null, (string?)null, true, "");
        var headers = new List<(string, string)>();
        while (words.TryDequeue(out var word))
        {
            switch (word)
            {
                case "-s": break;
                case "-X": method = HttpMethod.Parse(words.Dequeue()); break;
                case "-d": body = words.Dequeue(); break;
                case "-w": format = words.Dequeue(); break;
                case "-o": showsBody = words.Dequeue() != "/dev/null"; break;
                case "-H" when words.Dequeue().Split(": ", 2) is [var name, var value]: headers.Add((name, value)); break;
                case not ['-', ..] when url is null: url = word.Contains("://", StringComparison.Ordinal) ? word : $"http://{word}"; break;
                default: throw new FormatException($"{word} in {command}");
            }
        }
        return new(method ?? (body is null ? HttpMethod.Get : HttpMethod.Post), new Uri(url!), headers, body, showsBody, format);
    }

    /// <summary>The output that curl would print.</summary>
    public async Task<string> RunAsync(HttpClient http)
    {
        using var request = new HttpRequestMessage(Method, Url);
        if (Body is not null) request.Content = new StringContent(Body, mediaType: null!);
        foreach (var (name, value) in Headers)
        {
            if (!request.Headers.TryAddWithoutValidation(name, value)) request.Content!.Headers.TryAddWithoutValidation(name, value);
        }
        using var response = await http.SendAsync(request, TestContext.Current.CancellationToken);
        var body = ShowsBody ? await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken) : "";
        return body + Format.Replace("%{http_code}", $"{(int)response.StatusCode}", StringComparison.Ordinal);
    }

    [GeneratedRegex(@"'(?<word>[^']*)'|(?<word>\S+)")]
    private static partial Regex Word();
}
