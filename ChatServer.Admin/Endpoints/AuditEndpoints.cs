using ChatServer.Backplane.Audit;
using ChatServer.Contracts;
using ChatServer.Web;
using Microsoft.AspNetCore.Http.HttpResults;

namespace ChatServer.Admin.Endpoints;

/// <summary>Reads the audit trail.</summary>
internal static class AuditEndpoints
{
    public static void MapAudit(this IEndpointRouteBuilder app) => app.MapGroup("/api/v1")
        .RequireApiKey(app.ServiceProvider.GetRequiredService<ApiKeys>())
        .WithTags("Audit")
        .MapGet("/audit", ReadAsync)
        .ValidatePaging(number: "after")
        .WithName("readAudit")
        .WithSummary("Read the audit trail, newest entries first")
        .WithDescription("""
            Every call to the Admin that changes something, every such command of a moderator in a room, and calls to the Api that change or
            delete what others wrote, including refused ones. `action`, `room` and `actor` select entries that contain the text.
            For the next page, set `after` to `next`, until `next` is null.
            """);

    private static async Task<Ok<Data<AuditPage>>> ReadAsync(
        AuditLog audit, CancellationToken ct, long? after = null, int limit = Limits.DefaultPage, string? action = null,
        string? room = null, string? actor = null)
    {
        // One more than the page: whether there is a next one.
        var entries = await audit.ReadAsync(after, limit + 1, new AuditFilter(action, room, actor), ct);
        return DataResults.Ok(entries.Count > limit
            ? new AuditPage([.. entries.Take(limit)], entries[limit - 1].Number)
            : new AuditPage(entries, null));
    }
}
