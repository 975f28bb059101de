using ChatServer.Backplane;
using ChatServer.Contracts;
using ChatServer.Web;
using Microsoft.AspNetCore.Http.HttpResults;

namespace ChatServer.Admin;

/// <summary>An operator's word to every room, to some, or to one.</summary>
internal static class AnnouncementEndpoints
{
    public static void MapAnnouncements(this IEndpointRouteBuilder app)
    {
        var announcements = app.MapGroup("/api/v1")
            .RequireApiKey(app.ServiceProvider.GetRequiredService<ApiKeys>())
            .WithTags("Announcements");

        announcements.MapPost("/message", AnnounceAsync)
            .WithName("announce")
            .WithSummary("Announce something in every room, or in some")
            .WithDescription("A RoomHost that is cut off from Redis at that moment delivers it when it is back, once.")
            .ProducesProblem(StatusCodes.Status400BadRequest);
        announcements.MapPost("/room/{name}/message", AnnounceInRoomAsync)
            .RequireRoomName()
            .WithName("announceInRoom")
            .WithSummary("Announce something in one room")
            .ProducesProblem(StatusCodes.Status404NotFound);
    }

    private static async Task<Results<Accepted<Data<Announced>>, ProblemHttpResult>> AnnounceAsync(
        AnnouncementRequest request, Announcements announcements, RoomDirectory rooms)
    {
        if (request.Validate() is { } complaint) return Invalid(complaint);
        if (request.Rooms is null) return Accepted(await announcements.PostAsync(request.Text, null), (int)await rooms.CountAsync());
        var existing = (await rooms.NamesAsync()).Intersect(request.Rooms, StringComparer.Ordinal).ToList();
        return Accepted(await announcements.PostAsync(request.Text, existing), existing.Count);
    }

    private static async Task<Results<Accepted<Data<Announced>>, ProblemHttpResult>> AnnounceInRoomAsync(
        string name, RoomAnnouncementRequest request, Announcements announcements, RoomDirectory rooms)
    {
        if (request.Validate() is { } complaint) return Invalid(complaint);
        return await rooms.FindAsync(name) is { State: not RoomState.Closing }
            ? Accepted(await announcements.PostAsync(request.Text, [name]), rooms: 1)
            : Problems.Of(StatusCodes.Status404NotFound, ErrorCodes.RoomNotFound, $"There is no room {name}.");
    }

    private static Accepted<Data<Announced>> Accepted(AnnouncementRecord announcement, int rooms) =>
        TypedResults.Accepted((string?)null, new Data<Announced>(new(announcement.Id, rooms)));

    private static ProblemHttpResult Invalid(string complaint) =>
        Problems.Of(StatusCodes.Status400BadRequest, ErrorCodes.InvalidBody, $"{complaint}.");
}
