using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace ChatServer.Web;

/// <summary>Endpoint metadata: a caller must send a key, or may and sees more. Read by whatever describes the endpoints.</summary>
public sealed record ApiKeyMetadata(bool Required);

/// <summary>The policy "only with a key", for one route or a group of them.</summary>
public static class ApiKeyEndpoints
{
    /// <summary>
    /// Answers <c>401</c>, code <c>unauthorized</c>, to callers whose <c>X-API-Key</c> is none of <paramref name="keys"/>.
    /// </summary>
    /// <remarks>
    /// The endpoint itself is wrapped. An endpoint filter would run after the body was bound: strangers would get it parsed,
    /// and 400 instead of 401. A middleware can be forgotten, and then nothing is checked. The wrapping comes last of all
    /// conventions, and so runs before every other policy of the endpoint.
    /// </remarks>
    public static TBuilder RequireApiKey<TBuilder>(this TBuilder builder, ApiKeys keys) where TBuilder : IEndpointConventionBuilder
    {
        builder.Finally(endpoint =>
        {
            endpoint.Metadata.Add(new ApiKeyMetadata(Required: true));
            endpoint.DocumentProblem(StatusCodes.Status401Unauthorized);
            var next = endpoint.RequestDelegate ?? throw new InvalidOperationException(
                $"{endpoint.DisplayName} has no request delegate to guard.");
            endpoint.RequestDelegate = context => context.HasApiKey(keys) ? next(context) : Refuse(context);
        });
        return builder;
    }

    /// <summary>Says in the description of the API that a key is no must here, but may be needed. The handler asks <see cref="HasApiKey"/>.</summary>
    public static TBuilder MayUseApiKey<TBuilder>(this TBuilder builder) where TBuilder : IEndpointConventionBuilder
    {
        builder.Add(endpoint =>
        {
            endpoint.Metadata.Add(new ApiKeyMetadata(Required: false));
            endpoint.DocumentProblem(StatusCodes.Status401Unauthorized);
        });
        return builder;
    }

    /// <summary>Whether the caller sent one of <paramref name="keys"/>, for endpoints that show more to those who did.</summary>
    public static bool HasApiKey(this HttpContext context, ApiKeys keys) =>
        context.Request.Headers[ApiKeys.Header] is [var key] && keys.Accepts(key);

    private static Task Refuse(HttpContext context) =>
        Problems.Of(StatusCodes.Status401Unauthorized, $"This call takes a key in the header {ApiKeys.Header}.").ExecuteAsync(context);
}
