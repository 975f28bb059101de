using System.Text.Json;
using ChatServer.Backplane.Rooms;
using ChatServer.Contracts;
using ChatServer.Tokens;
using ChatServer.Web;
using Microsoft.AspNetCore.Http.HttpResults;

namespace ChatServer.Api.Endpoints;

/// <summary>Issues join tokens.</summary>
internal static class TokenEndpoints
{
    public static void MapTokens(this IEndpointRouteBuilder app) =>
        app.MapPost("/api/v1/room/{name}/token", IssueAsync)
            .RequireApiKey(app.ServiceProvider.GetRequiredService<ApiKeys>())
            .RequireRoomName()
            .WithTags("Tokens")
            .WithName("issueToken")
            .WithSummary("Issue a join token for a room")
            .WithDescription("""
                The holder joins the room under the name `user` and the id `uid` (default: the name), until the token expires. It is a
                JSON Web Token, signed with a key derived from the first key of the Api.
                """)
            .ProducesProblem(StatusCodes.Status404NotFound);

    private static async Task<Results<Ok<Data<IssuedToken>>, ProblemHttpResult>> IssueAsync(
        string name, TokenRequest request, RoomDirectory rooms, TokenSigner signer, TimeProvider time, CancellationToken ct)
    {
        if (request.Validate() is { } error) return Problems.InvalidBody(error);
        // A token for a room that does not exist is most likely a mistake in its name, which would otherwise appear at the client only.
        if (await rooms.FindVisibleAsync(name, ct) is null) return Problems.RoomNotFound(name);
        var user = UserNames.Normalize(request.User)!;
        // Whole seconds, as the claim has them.
        var expiresAt = DateTimeOffset.FromUnixTimeSeconds(time.GetUtcNow().ToUnixTimeSeconds() + request.ExpiresInSeconds);
        var token = new JoinToken(request.Uid ?? user, user, RoomPattern.Parse(name)!, expiresAt)
        {
            Permissions = request.Permissions ?? JoinToken.DefaultPermissions,
            Profile = request.Profile is { ValueKind: JsonValueKind.Object } profile ? Profiles.Normalize(profile) : null,
        };
        return DataResults.Ok(new IssuedToken(signer.Sign(token), expiresAt));
    }
}
