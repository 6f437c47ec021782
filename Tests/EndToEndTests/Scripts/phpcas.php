<?php
// An application that uses phpCAS as its manual says, in the version that the path names:
// /2/…, /3/… and /saml/…. What it learns is shown as JSON.
//
// Run by PHP's own web server; CAS_PORT, CAS_AUTHORITY and OWN_PORT come from the environment.

require_once 'CAS.php';

$versions = ['2' => CAS_VERSION_2_0, '3' => CAS_VERSION_3_0, 'saml' => SAML_VERSION_1_1];
$name = explode('/', parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH))[1];
if (!isset($versions[$name])) {
    http_response_code(404);
    exit;
}
session_name('phpcas' . $name);
phpCAS::client(
    $versions[$name], 'localhost', (int) getenv('CAS_PORT'), '/cas',
    'http://localhost:' . getenv('OWN_PORT'));
phpCAS::setCasServerCACert(getenv('CAS_AUTHORITY'));
phpCAS::handleLogoutRequests();
phpCAS::forceAuthentication();
header('Content-Type: application/json');
echo json_encode(
    ['user' => phpCAS::getUser(), 'attributes' => phpCAS::getAttributes()],
    JSON_UNESCAPED_SLASHES);
