<?php // The echo application for php-fpm.
parse_str($_SERVER["QUERY_STRING"], $query);
header("Content-Type: text/plain");
header("X-One: " . ($_SERVER["HTTP_X_ONE"] ?? ""));
$sum = 0;
$body = file_get_contents("php://input");
foreach (count_chars($body, 1) as $byte => $count) {
    $sum += $byte * $count;
}
error_log("said on stderr");
echo str_repeat("x", (int) ($query["late"] ?? 0)), $_SERVER["REQUEST_METHOD"], " ", strlen($body), " $sum\n";
