using ChatServer.Contracts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace ChatServer.Web;

/// <summary>Endpoint metadata: instead of a key, a caller may send a join token. The description of the API contains it.</summary>
public sealed class JoinTokenMetadata;

/// <summary>Policies for a route that accepts join tokens.</summary>
public static class JoinTokenEndpoints
{
    private const string Scheme = "Bearer ";

    /// <summary>
    /// Answers <c>401</c> to callers with neither a key nor a token, and what <paramref name="refuse"/> returns to others.
    /// </summary>
    /// <param name="builder">The route.</param>
    /// <param name="refuse">Returns the refusal of a request; null if it has a key or a token for its room.</param>
    /// <remarks>The check is the last convention that is applied, and therefore runs before every other policy of the endpoint.</remarks>
    public static TBuilder RequireKeyOrToken<TBuilder>(this TBuilder builder, Func<HttpContext, ValueTask<IResult?>> refuse)
        where TBuilder : IEndpointConventionBuilder
    {
        builder.Finally(endpoint =>
        {
            Document(endpoint, new ApiKeyMetadata(Required: true));
            endpoint.Guard(refuse);
        });
        return builder;
    }

    /// <summary>Documents that the endpoint may require a key or a token, depending on the request. The handler checks them.</summary>
    public static TBuilder MayUseKeyOrToken<TBuilder>(this TBuilder builder) where TBuilder : IEndpointConventionBuilder
    {
        builder.Add(endpoint => Document(endpoint, new ApiKeyMetadata(Required: false)));
        return builder;
    }

    /// <summary>The token in the header <c>Authorization</c>; null if there is none.</summary>
    public static string? BearerToken(this HttpRequest request) =>
        request.Headers.Authorization is [{ } value] && value.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
            ? value[Scheme.Length..].Trim()
            : null;

    private static void Document(EndpointBuilder endpoint, ApiKeyMetadata key)
    {
        endpoint.Metadata.Add(key);
        endpoint.Metadata.Add(new JoinTokenMetadata());
        endpoint.DocumentProblem(StatusCodes.Status401Unauthorized);
        endpoint.DocumentProblem(StatusCodes.Status403Forbidden);
    }
}
