using ChatServer.Backplane.Hosts;
using ChatServer.Contracts;
using ChatServer.Web;
using Microsoft.AspNetCore.Http.HttpResults;

namespace ChatServer.Admin.Endpoints;

/// <summary>Takes hosts out of service and back, and distributes the rooms over them.</summary>
internal static class HostEndpoints
{
    public static void MapHosts(this IEndpointRouteBuilder app)
    {
        var all = app.MapGroup("/api/v1")
            .RequireApiKey(app.ServiceProvider.GetRequiredService<ApiKeys>())
            .Audited()
            .WithTags("Hosts");
        all.MapPost("/rebalance", RebalanceAsync)
            .WithName("rebalance")
            .WithSummary("Distribute the rooms over the hosts")
            .WithDescription("""
                Hosts with more rooms than their share of the capacity move the surplus to other hosts, one room after another, rooms
                without members first. Members resume there without a lost message. Rooms with durability memory stay.
                """);

        var hosts = all.MapGroup("/host/{id}");
        hosts.MapPost("/drain", DrainAsync)
            .WithName("drainHost")
            .WithSummary("Drain a host")
            .WithDescription("""
                It gets no new rooms, and its rooms move to other hosts, one after another. Members resume there without a lost message.
                """)
            .ProducesProblem(StatusCodes.Status404NotFound);
        hosts.MapPost("/resume", ResumeAsync)
            .WithName("resumeHost")
            .WithSummary("End the draining of a host")
            .WithDescription("It gets new rooms again. Rooms that were moved stay on their new hosts.")
            .ProducesProblem(StatusCodes.Status404NotFound);
    }

    private static async Task<Accepted<Data<Rebalanced>>> RebalanceAsync(HostRebalance rebalance)
    {
        var rooms = await rebalance.OrderAsync(RebalancePace.Fast);
        return DataResults.Accepted(new Rebalanced(rooms == 0 ? "The rooms are distributed evenly" : "Rebalancing", rooms));
    }

    private static async Task<Results<Accepted<Data<HostOrder>>, ProblemHttpResult>> DrainAsync(string id, HostDrain drain) =>
        await drain.OrderAsync(id) ? Accepted(id, "Draining") : NotFound(id);

    private static async Task<Results<Accepted<Data<HostOrder>>, ProblemHttpResult>> ResumeAsync(string id, HostDrain drain) =>
        await drain.CancelAsync(id) ? Accepted(id, "Taking rooms again") : NotFound(id);

    private static Accepted<Data<HostOrder>> Accepted(string id, string message) =>
        DataResults.Accepted(new HostOrder(id, message));

    private static ProblemHttpResult NotFound(string id) =>
        Problems.Of(StatusCodes.Status404NotFound, ErrorCodes.HostNotFound, $"There is no live host {id}.");
}
