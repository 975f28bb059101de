using ChatServer.Contracts;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace ChatServer.Web;

/// <summary>Successes as the contract defines them: <c>{"data": …}</c>.</summary>
public static class DataResults
{
    /// <summary>200.</summary>
    public static Ok<Data<T>> Ok<T>(T value) where T : notnull => TypedResults.Ok(new Data<T>(value));

    /// <summary>202: the order is stored and will be carried out.</summary>
    public static Accepted<Data<T>> Accepted<T>(T value) where T : notnull => TypedResults.Accepted((string?)null, new Data<T>(value));
}
