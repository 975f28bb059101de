using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace ChatServer.Tests.Support;

/// <summary>Waits until a condition holds. After a timeout it fails the test and reports the last observed value.</summary>
public static class Eventually
{
    /// <summary>Default timeout, long enough for two shared cores. A test that verifies an upper limit passes its own.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(30);

    // Polling takes CPU time from the processes for which it waits, so the pause grows with the wait: to a twentieth of it.
    private static readonly TimeSpan MinPause = TimeSpan.FromMilliseconds(10), MaxPause = TimeSpan.FromMilliseconds(250);

    /// <summary>Polls a value until <paramref name="condition"/> holds, and returns the value for which it holds.</summary>
    /// <param name="look">Reads the value. If it throws, the condition does not hold.</param>
    /// <param name="condition">The condition. If it throws, it does not hold.</param>
    /// <param name="within">The timeout; default <see cref="Timeout"/>.</param>
    /// <param name="expected">The source text of the condition, from the compiler.</param>
    [OverloadResolutionPriority(1)] // a function that returns a task is awaited
    public static async Task<T> Async<T>(
        Func<Task<T>> look, Func<T, bool> condition, TimeSpan? within = null,
        [CallerArgumentExpression(nameof(condition))] string? expected = null)
    {
        var watch = Stopwatch.StartNew();
        var timeout = within ?? Timeout;
        string lastSeen;
        while (true)
        {
            // Only the last value is formatted: a stack trace or JSON takes longer than most reads.
            var isLast = watch.Elapsed >= timeout;
            try
            {
                var value = await look();
                if (condition(value))
                    return value;
                lastSeen = isLast ? Show(value) : "";
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                lastSeen = isLast ? e.ToString() : "";
            }
            if (isLast) break;
            var pause = watch.Elapsed / 20;
            await Task.Delay(pause < MinPause ? MinPause : pause > MaxPause ? MaxPause : pause, TestContext.Current.CancellationToken);
        }
        Assert.Fail($"After {timeout.TotalSeconds} s still not: {expected}\nLast seen: {lastSeen}");
        throw new UnreachableException();
    }

    /// <summary>Polls a value that is read synchronously.</summary>
    public static Task<T> Async<T>(
        Func<T> look, Func<T, bool> condition, TimeSpan? within = null,
        [CallerArgumentExpression(nameof(condition))] string? expected = null) =>
        Async(() => Task.FromResult(look()), condition, within, expected);

    /// <summary>Waits until <paramref name="condition"/> is true.</summary>
    public static Task Async(
        Func<bool> condition, TimeSpan? within = null, [CallerArgumentExpression(nameof(condition))] string? expected = null) =>
        Async(condition, holds => holds, within, expected);

    private static string Show<T>(T value)
    {
        try
        {
            return JsonSerializer.Serialize(value);
        }
        catch (NotSupportedException)
        {
            return value?.ToString() ?? "null";
        }
    }
}
