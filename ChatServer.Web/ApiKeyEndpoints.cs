using System.Text;
using ChatServer.Contracts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace ChatServer.Web;

/// <summary>Endpoint metadata: a caller must or may send a key. The description of the API contains it.</summary>
/// <param name="Required">Whether the endpoint refuses a caller without a key.</param>
public sealed record ApiKeyMetadata(bool Required);

/// <summary>Policies for a route or a group of routes that use API keys.</summary>
public static class ApiKeyEndpoints
{
    /// <summary>
    /// Answers <c>401</c>, code <c>unauthorized</c>, to callers whose <c>X-API-Key</c> is none of <paramref name="keys"/>.
    /// </summary>
    /// <remarks>The check is the last convention that is applied, and therefore runs before every other policy of the endpoint.</remarks>
    public static TBuilder RequireApiKey<TBuilder>(this TBuilder builder, ApiKeys keys) where TBuilder : IEndpointConventionBuilder
    {
        builder.Finally(endpoint =>
        {
            endpoint.Metadata.Add(new ApiKeyMetadata(Required: true));
            endpoint.DocumentProblem(StatusCodes.Status401Unauthorized);
            endpoint.Guard(context => context.HasApiKey(keys) ? null : Problems.Of(
                StatusCodes.Status401Unauthorized, $"This call requires a key in the header {RequestHeaders.ApiKey}."));
        });
        return builder;
    }

    /// <summary>
    /// Documents that the endpoint may require a key, depending on the request. The handler checks it with <see cref="HasApiKey"/>.
    /// </summary>
    public static TBuilder MayUseApiKey<TBuilder>(this TBuilder builder) where TBuilder : IEndpointConventionBuilder
    {
        builder.Add(endpoint =>
        {
            endpoint.Metadata.Add(new ApiKeyMetadata(Required: false));
            endpoint.DocumentProblem(StatusCodes.Status401Unauthorized);
        });
        return builder;
    }

    /// <summary>Whether the request contains exactly one key, and it is one of <paramref name="keys"/>.</summary>
    public static bool HasApiKey(this HttpContext context, ApiKeys keys) =>
        keys.Accepts(context.ApiKey());

    /// <summary>The key that the request contains; null if it contains none or several.</summary>
    public static string? ApiKey(this HttpContext context) =>
        context.Request.Headers[RequestHeaders.ApiKey] is [{ Length: > 0 } key] ? FromHeader(key) : null;

    // A header is read as Latin-1 (see ListenSettings). Clients send a key with other characters than ASCII in UTF-8.
    private static string FromHeader(string value) => Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(value));
}
