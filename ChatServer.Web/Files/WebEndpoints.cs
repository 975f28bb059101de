using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Net.Http.Headers;

namespace ChatServer.Web.Files;

/// <summary>
/// Serves pages and their files. A page is revalidated on each request; the paths of its files contain a hash, so browsers request each
/// version once.
/// </summary>
public static class WebEndpoints
{
    /// <summary>Caching of a path that contains a hash of the content.</summary>
    internal const string ImmutableCaching = "public, max-age=31536000, immutable";
    private const string RevalidateCaching = "no-cache";
    private const string Brotli = "br";

    private static readonly string[] ReadMethods = [HttpMethods.Get, HttpMethods.Head];

    /// <summary>Maps <c>/app/{version}/…</c>.</summary>
    public static void MapWebFiles(this IEndpointRouteBuilder app, WebFiles files) =>
        app.MapReadMethods("/app/{version}/{**file}", (string version, string file, HttpContext context) => files.Find(file) is { } found
            // During an update the page may come from one process and its files from another: the response is not cached permanently.
            ? WriteFile(context, found, version == files.Version ? ImmutableCaching : RevalidateCaching)
            : Problems.Of(StatusCodes.Status404NotFound, $"There is no file {file}."));

    /// <summary>Maps a page, or a file whose path contains no hash.</summary>
    /// <param name="app">The process.</param>
    /// <param name="pattern">The route.</param>
    /// <param name="page">Returns the file for a request.</param>
    /// <param name="headers">Sets additional headers, for example with <see cref="AddSecurityHeaders"/>; null: none.</param>
    public static void MapWebPage(
        this IEndpointRouteBuilder app, string pattern, Func<HttpContext, WebFile> page, Action<IHeaderDictionary>? headers = null) =>
        app.MapReadMethods(pattern, (HttpContext context) =>
        {
            headers?.Invoke(context.Response.Headers);
            return WriteFile(context, page(context), RevalidateCaching);
        });

    /// <summary>
    /// Restricts a page to its own files and to connections to its own origin and <paramref name="connect"/>: no inline script or style, no
    /// framing, no forms, and no markup from text (Trusted Types).
    /// </summary>
    /// <param name="headers">Headers of the response.</param>
    /// <param name="connect">Sources of <c>connect-src</c>, in addition to <c>'self'</c>.</param>
    public static void AddSecurityHeaders(this IHeaderDictionary headers, params IEnumerable<string> connect) => headers.AddPageHeaders(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        + $"connect-src {string.Join(' ', connect.Prepend("'self'"))}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        + "require-trusted-types-for 'script'; trusted-types 'none'");

    /// <summary>Restricts a page with its own content security policy.</summary>
    internal static void AddPageHeaders(this IHeaderDictionary headers, string contentSecurityPolicy)
    {
        headers.ContentSecurityPolicy = contentSecurityPolicy;
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        // The address of a private room must not reach other sites.
        headers["Referrer-Policy"] = "no-referrer";
    }

    private static void MapReadMethods(this IEndpointRouteBuilder app, string pattern, Delegate handler) =>
        app.MapMethods(pattern, ReadMethods, handler).ExcludeFromDescription();

    /// <summary>Writes a page as the answer, with the status that the response has.</summary>
    public static Task WriteAsync(this HttpContext context, WebFile page)
    {
        context.Response.ContentType = page.ContentType;
        context.Response.Headers.CacheControl = RevalidateCaching;
        context.Response.ContentLength = page.Content.Length;
        return context.Response.Body.WriteAsync(page.Content).AsTask();
    }

    private static IResult WriteFile(HttpContext context, WebFile file, string caching)
    {
        var headers = context.Response.Headers;
        headers.CacheControl = caching;
        headers.Vary = HeaderNames.AcceptEncoding;
        headers.XContentTypeOptions = "nosniff";
        var compressed = context.Request.GetTypedHeaders().AcceptEncoding
            .Any(accepted => accepted.Value == Brotli && accepted.Quality != 0);
        if (compressed) headers.ContentEncoding = Brotli;
        return TypedResults.Bytes(
            compressed ? file.Compressed : file.Content, file.ContentType,
            entityTag: new EntityTagHeaderValue($"\"{file.Hash}{(compressed ? "-br" : "")}\""));
    }
}
