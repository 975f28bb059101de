using ChatServer.Contracts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace ChatServer.Web;

/// <summary>Errors as RFC 9457 defines them: <c>application/problem+json</c>, with a <c>code</c> that scripts can switch on.</summary>
public static class Problems
{
    /// <summary>A problem.</summary>
    /// <param name="status">HTTP status, 400 or more.</param>
    /// <param name="code">One of <see cref="ErrorCodes"/>.</param>
    /// <param name="detail">Description of this occurrence. The caller sees it: it must not contain a secret.</param>
    /// <param name="members">Members in addition to the standard ones.</param>
    public static ProblemHttpResult Of(int status, string code, string detail, params (string Name, object? Value)[] members)
    {
        var extensions = new Dictionary<string, object?> { ["code"] = code };
        foreach (var (name, value) in members) extensions[name] = value;
        return TypedResults.Problem(detail, statusCode: status, extensions: extensions);
    }

    /// <summary>A problem whose code follows from its status.</summary>
    /// <param name="status">HTTP status, 400 or more.</param>
    /// <param name="detail">Description of this occurrence. The caller sees it: it must not contain a secret.</param>
    public static ProblemHttpResult Of(int status, string detail) => Of(status, CodeOf(status), detail);

    /// <summary>400: the body violates a rule.</summary>
    /// <param name="error">The rule that is violated, without a period.</param>
    public static ProblemHttpResult InvalidBody(string error) => Of(StatusCodes.Status400BadRequest, ErrorCodes.InvalidBody, $"{error}.");

    /// <summary>404: the room does not exist.</summary>
    /// <param name="name">Its name.</param>
    public static ProblemHttpResult RoomNotFound(string name) =>
        Of(StatusCodes.Status404NotFound, ErrorCodes.RoomNotFound, $"There is no room {name}.");

    /// <summary>Documents that the endpoint may answer a problem with <paramref name="status"/>.</summary>
    internal static void DocumentProblem(this EndpointBuilder endpoint, int status) =>
        endpoint.Metadata.Add(new ProducesResponseTypeMetadata(status, typeof(ProblemDetails), ["application/problem+json"]));

    private static string CodeOf(int status) => status switch
    {
        StatusCodes.Status401Unauthorized => ErrorCodes.Unauthorized,
        StatusCodes.Status403Forbidden => ErrorCodes.Forbidden,
        StatusCodes.Status404NotFound => ErrorCodes.NotFound,
        StatusCodes.Status405MethodNotAllowed => ErrorCodes.MethodNotAllowed,
        StatusCodes.Status413PayloadTooLarge => ErrorCodes.PayloadTooLarge,
        StatusCodes.Status415UnsupportedMediaType => ErrorCodes.UnsupportedMediaType,
        StatusCodes.Status429TooManyRequests => ErrorCodes.RateLimited,
        StatusCodes.Status502BadGateway or StatusCodes.Status503ServiceUnavailable or StatusCodes.Status504GatewayTimeout =>
            ErrorCodes.Unavailable,
        >= 500 => ErrorCodes.InternalError,
        _ => ErrorCodes.BadRequest,
    };
}
