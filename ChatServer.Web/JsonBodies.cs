using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.Net.Http.Headers;

namespace ChatServer.Web;

/// <summary>Bodies that HTTP allows and the framework does not read.</summary>
public static class JsonBodies
{
    // A media type that no call accepts: the endpoint answers 415 after it has checked the key of the caller.
    private const string RefusedType = "application/octet-stream";

    /// <summary>
    /// Accepts <c>charset="utf-8"</c> in quotes, for which the framework throws, and refuses every other character set with 415, because
    /// all JSON is UTF-8.
    /// </summary>
    public static void UseJsonBodies(this WebApplication app) => app.Use((context, next) =>
    {
        if (context.Request.ContentType is { } type && context.GetEndpoint()?.Metadata.GetMetadata<IAcceptsMetadata>() is not null)
            context.Request.ContentType = ReadableType(type);
        return next(context);
    });

    /// <summary>
    /// A chunked body without content is no body, as with <c>Content-Length: 0</c>. For an endpoint with an optional body.
    /// </summary>
    public static TBuilder AllowEmptyChunkedBody<TBuilder>(this TBuilder builder) where TBuilder : IEndpointConventionBuilder
    {
        builder.Add(endpoint =>
        {
            var next = endpoint.RequestDelegate!;
            endpoint.RequestDelegate = async context =>
            {
                if (context.Request is { ContentType: null, ContentLength: null } && await IsEmptyAsync(context.Request))
                    context.Features.Set<IHttpRequestBodyDetectionFeature>(NoBody.Instance);
                await next(context);
            };
        });
        return builder;
    }

    private static string ReadableType(string type)
    {
        if (!MediaTypeHeaderValue.TryParse(type, out var parsed) || !parsed.Charset.HasValue) return type;
        if (!HeaderUtilities.RemoveQuotes(parsed.Charset).Equals("utf-8", StringComparison.OrdinalIgnoreCase)) return RefusedType;
        parsed.Charset = "utf-8";
        return parsed.ToString();
    }

    private static async Task<bool> IsEmptyAsync(HttpRequest request)
    {
        var read = await request.BodyReader.ReadAsync(request.HttpContext.RequestAborted);
        request.BodyReader.AdvanceTo(read.Buffer.Start);
        return read is { IsCompleted: true, Buffer.IsEmpty: true };
    }

    private sealed class NoBody : IHttpRequestBodyDetectionFeature
    {
        public static readonly NoBody Instance = new();

        public bool CanHaveBody => false;
    }
}
