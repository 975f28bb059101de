using Microsoft.AspNetCore.Http;

namespace ChatServer.Web;

/// <summary>A browser asks whether a page of another origin may send a token in the header <c>Authorization</c> (CORS preflight).</summary>
public static class TokenPreflight
{
    /// <summary>Whether the request is a preflight.</summary>
    public static bool IsPreflight(HttpRequest request) =>
        HttpMethods.IsOptions(request.Method) && request.Headers.AccessControlRequestMethod.Count > 0;

    /// <summary>Permits the request to pages of every origin.</summary>
    public static void Permit(HttpResponse response)
    {
        response.Headers.AccessControlAllowOrigin = "*";
        response.Headers.AccessControlAllowHeaders = "authorization";
        response.StatusCode = StatusCodes.Status204NoContent;
    }
}
