using ChatServer.Contracts;
using Microsoft.AspNetCore.Http.HttpResults;

namespace ChatServer.Api;

/// <summary><c>/api/v1/</c>: what answers here.</summary>
internal static class RootEndpoints
{
    public static void MapRoot(this IEndpointRouteBuilder app) =>
        app.MapGet("/api/v1/", About)
            .WithTags("Server")
            .WithName("about")
            .WithSummary("What answers here, and in which version");

    private static Ok<Data<AppInfo>> About() => TypedResults.Ok(new Data<AppInfo>(new("chatserver", AppInfo.CurrentVersion)));
}
