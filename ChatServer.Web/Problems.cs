using ChatServer.Contracts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace ChatServer.Web;

/// <summary>Errors as RFC 9457 has them: <c>application/problem+json</c> with a <c>code</c> that scripts can switch on.</summary>
public static class Problems
{
    /// <summary>A problem with <paramref name="code"/>, one of <see cref="ErrorCodes"/>, and a sentence for people.</summary>
    /// <param name="status">HTTP status, 400 or more.</param>
    /// <param name="code">What happened, for scripts.</param>
    /// <param name="detail">What happened this time, for people. Shown to the caller: it must hold no secret.</param>
    /// <param name="members">More members, beside the standard ones.</param>
    public static ProblemHttpResult Of(int status, string code, string detail, params (string Name, object? Value)[] members)
    {
        var extensions = new Dictionary<string, object?> { ["code"] = code };
        foreach (var (name, value) in members) extensions[name] = value;
        return TypedResults.Problem(detail, statusCode: status, extensions: extensions);
    }

    /// <summary>A problem of which HTTP says everything there is to say: its code follows from the status.</summary>
    public static ProblemHttpResult Of(int status, string detail) => Of(status, CodeOf(status), detail);

    /// <summary>Tells whoever describes the endpoints that this one may answer a problem of <paramref name="status"/>.</summary>
    internal static void DocumentProblem(this EndpointBuilder endpoint, int status) =>
        endpoint.Metadata.Add(new ProducesResponseTypeMetadata(status, typeof(ProblemDetails), ["application/problem+json"]));

    private static string CodeOf(int status) => status switch
    {
        StatusCodes.Status401Unauthorized => ErrorCodes.Unauthorized,
        StatusCodes.Status404NotFound => ErrorCodes.NotFound,
        StatusCodes.Status405MethodNotAllowed => ErrorCodes.MethodNotAllowed,
        StatusCodes.Status413PayloadTooLarge => ErrorCodes.PayloadTooLarge,
        StatusCodes.Status415UnsupportedMediaType => ErrorCodes.UnsupportedMediaType,
        StatusCodes.Status429TooManyRequests => ErrorCodes.RateLimited,
        StatusCodes.Status502BadGateway or StatusCodes.Status503ServiceUnavailable or StatusCodes.Status504GatewayTimeout => ErrorCodes.Unavailable,
        >= 500 => ErrorCodes.InternalError,
        _ => ErrorCodes.BadRequest,
    };
}
