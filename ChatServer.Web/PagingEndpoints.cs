using System.Globalization;
using ChatServer.Contracts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace ChatServer.Web;

/// <summary>Endpoint metadata: the response is a page. The description of the API contains the bounds of <c>limit</c>.</summary>
public sealed class PagingMetadata;

/// <summary>The policy for routes with the query parameter <c>limit</c>, and one with the place where the page begins.</summary>
public static class PagingEndpoints
{
    /// <summary>
    /// Answers <c>400</c>, code <c>invalid-query</c>, if <c>limit</c> is not between 1 and <see cref="Limits.MaxPage"/>, or
    /// <paramref name="number"/> is not a number from 1.
    /// </summary>
    /// <param name="builder">The route.</param>
    /// <param name="number">The parameter that contains a number: the sequence of an event, for example.</param>
    public static TBuilder ValidatePaging<TBuilder>(this TBuilder builder, string number = "before")
        where TBuilder : IEndpointConventionBuilder
    {
        builder.Add(endpoint =>
        {
            endpoint.Metadata.Add(new PagingMetadata());
            endpoint.DocumentProblem(StatusCodes.Status400BadRequest);
            endpoint.Guard(context => FindError(context.Request.Query, number) is { } error
                ? Problems.Of(StatusCodes.Status400BadRequest, ErrorCodes.InvalidQuery, error)
                : null);
        });
        return builder;
    }

    private static string? FindError(IQueryCollection query, string number) =>
        !IsBetween(query["limit"], 1, Limits.MaxPage) ? $"limit is not a number from 1 to {Limits.MaxPage}."
        : !IsBetween(query[number], 1, long.MaxValue) ? $"{number} is not a number from 1."
        : null;

    private static bool IsBetween(StringValues values, long min, long max) => values switch
    {
        [] => true,
        [var text] =>
            long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= min && number <= max,
        _ => false,
    };
}
