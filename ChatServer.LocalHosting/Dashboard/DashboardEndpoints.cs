using ChatServer.LocalHosting.Resources;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ChatServer.LocalHosting.Dashboard;

/// <summary>What the page calls, under <c>/api</c>.</summary>
internal sealed partial class DashboardEndpoints(
    ResourceBoard board, DashboardStream stream, IHostApplicationLifetime lifetime, ILogger<DashboardEndpoints> logger)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        var api = routes.MapGroup("/api");
        api.MapGet("/resources", Resources);
        api.MapGet("/stream", Stream);
        foreach (var command in Enum.GetValues<ResourceCommand>())
            api.MapPost($"/resources/{{name}}/{command}", (string name) => CommandAsync(name, command));
    }

    private Ok<ResourceView[]> Resources()
    {
        var mask = new SecretMask(board.Resources);
        return TypedResults.Ok(board.Resources.Select(resource => ResourceView.Of(resource, mask)).ToArray());
    }

    /// <summary><c>?log=</c> a resource, for its lines alone; <c>?after=</c> the id of an event, to go on from there.</summary>
    private ServerSentEventsResult<object> Stream(HttpContext context, string? log = null, string? after = null)
    {
        // Ends with the dashboard too: an open page must not hold up the end of the AppHost.
        var source = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        context.Response.RegisterForDispose(source);
        return TypedResults.ServerSentEvents(stream.ReadAsync(log, after, source.Token));
    }

    /// <summary>202: under way. 409: means nothing in the state that the resource is in. 500: the runner could not.</summary>
    private async Task<Results<Accepted, NotFound, ProblemHttpResult>> CommandAsync(string name, ResourceCommand command)
    {
        if (board.Find(name) is not { } resource)
            return TypedResults.NotFound();
        if (resource.Commands is not { } commands || !resource.Takes(command))
            return TypedResults.Problem($"{resource.Name} is {resource.Status.State} and does not take {command}.", statusCode: StatusCodes.Status409Conflict);
        try
        {
            // Not the request's own token: a page that is closed right after the click has asked all the same.
            await commands(command, lifetime.ApplicationStopping);
            return TypedResults.Accepted((string?)null);
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            Log.CommandFailed(logger, command, resource.Name, error);
            return TypedResults.Problem(error.Message, statusCode: StatusCodes.Status500InternalServerError);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Error, Message = "{Command} of {Resource} failed")]
        public static partial void CommandFailed(ILogger logger, ResourceCommand command, string resource, Exception error);
    }
}
