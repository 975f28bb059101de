using ChatServer.Backplane;
using ChatServer.Backplane.Rooms;
using ChatServer.Contracts;
using ChatServer.Tokens;
using ChatServer.Web;
using Microsoft.AspNetCore.Http.HttpResults;

namespace ChatServer.Admin.Endpoints;

/// <summary>Issues the join token with which the admin page watches a room, private ones included.</summary>
internal static class OperatorTokenEndpoints
{
    /// <summary>The name under which an operator joins: without a token it is reserved.</summary>
    private const string Name = "operator";

    // The page renews it on the open connection.
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(10);

    public static void MapOperatorTokens(this IEndpointRouteBuilder app) =>
        app.MapPost("/api/v1/room/{name}/token", IssueAsync)
            .RequireApiKey(app.ServiceProvider.GetRequiredService<ApiKeys>())
            .Audited()
            .RequireRoomName()
            .WithTags("Rooms")
            .WithName("issueOperatorToken")
            .WithSummary("Issue a join token for an operator")
            .WithDescription("""
                The holder joins the room as `operator` and may moderate, for ten minutes. The token is signed with a secret that only the
                server's processes know.
                """)
            .ProducesProblem(StatusCodes.Status404NotFound);

    private static async Task<Results<Ok<Data<IssuedToken>>, ProblemHttpResult>> IssueAsync(
        string name, RoomDirectory rooms, AdminTokenSecret secret, TimeProvider time, HttpContext context)
    {
        if (await rooms.FindVisibleAsync(name, context.RequestAborted) is null) return Problems.RoomNotFound(name);
        var expiresAt = DateTimeOffset.FromUnixTimeSeconds((time.GetUtcNow() + Lifetime).ToUnixTimeSeconds());
        // As in the audit trail, where the commands of the operator in the room have the same actor as the calls with this key.
        var uid = ApiKeys.Fingerprint(context.ApiKey()!);
        var token = new JoinToken(uid, Name, RoomPattern.Parse(name)!, expiresAt)
        {
            Permissions = Permissions.Read | Permissions.Write | Permissions.Moderate,
        };
        return DataResults.Ok(new IssuedToken(TokenSigner.OfAdminSecret(await secret.GetAsync(), time).Sign(token), expiresAt));
    }
}
