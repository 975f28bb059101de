using System.Collections.Concurrent;
using Microsoft.AspNetCore.Http;

namespace ChatServer.Web.Files;

/// <summary>
/// A page whose references are relative, so that it also works behind a proxy that serves it below a path of its own (<c>/chat/</c>).
/// </summary>
/// <param name="files">The files of the app.</param>
/// <param name="name">The file of the page.</param>
/// <param name="values">
/// Values of its placeholders: see <see cref="WebFiles"/>. In a value, <c>{{root}}</c> is the path to the root, as in the page.
/// </param>
public sealed class WebPage(WebFiles files, string name, params (string Name, string Value)[] values)
{
    /// <summary>Deeper paths are those of no page of ours, and their number must not be decided by clients.</summary>
    private const int MaxDepth = 16;

    private readonly ConcurrentDictionary<int, WebFile> _files = new();

    /// <summary>The page for a request: the references depend on the number of slashes in its path.</summary>
    public WebFile For(HttpRequest request)
    {
        var depth = Math.Min(Math.Max(0, (request.Path.Value ?? "").Count(c => c == '/') - 1), MaxDepth);
        return _files.GetOrAdd(depth, Create);
    }

    private WebFile Create(int depth)
    {
        var root = depth == 0 ? "./" : string.Concat(Enumerable.Repeat("../", depth));
        return files.Page(
            name, root, [.. values.Select(value => (value.Name, value.Value.Replace("{{root}}", root, StringComparison.Ordinal)))]);
    }
}
