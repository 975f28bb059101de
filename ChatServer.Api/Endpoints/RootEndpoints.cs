using ChatServer.Contracts;
using ChatServer.Web;
using Microsoft.AspNetCore.Http.HttpResults;

namespace ChatServer.Api.Endpoints;

/// <summary><c>/api/v1/</c>: name and version of the process.</summary>
internal static class RootEndpoints
{
    public static void MapRoot(this IEndpointRouteBuilder app) =>
        app.MapGet("/api/v1/", About)
            .WithTags("Server")
            .WithName("about")
            .WithSummary("Get name and version of this process");

    private static Ok<Data<AppInfo>> About() => DataResults.Ok(new AppInfo("chatserver", AppInfo.CurrentVersion));
}
